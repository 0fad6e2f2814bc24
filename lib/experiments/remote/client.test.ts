import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after, before, describe, type TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { inspect } from "node:util";
import { Queue, UnrecoverableError, Worker, type Job } from "bullmq";
import { noRedis, RedisForTests } from "../../testing/redis";
import { kill, startWorker, trial, trials } from "../../testing/worker";
import { runKey } from "../key";
import { run } from "../run";
import { openRunner, runAll, RunsFailed } from "../run-all";
import { RunStore } from "../store";
import { RunQueue } from "./client";
import { QUEUE, type RunJob } from "./jobs";

describe("a search over a real Redis", { skip: noRedis() }, () => {
  let redis: RedisForTests;
  before(async () => (redis = await RedisForTests.start()));
  after(() => redis.stop());

  test("100 trials, 2 workers, one killed, Redis itself killed and restarted: each history once, as computed here", async (t) => {
    const specs = trials(100);
    const local = await runAll(specs);
    const [first] = await Promise.all([startWorker(t, redis.url), startWorker(t, redis.url)]);

    const runner = await openRunner({ redisUrl: redis.url });
    const taken = new Map<number, number>();
    const reports = new Set<number>();
    const running = specs.map(async (spec, i) => {
      const history = await runner.run(spec, { onProgress: () => reports.add(i) });
      taken.set(i, (taken.get(i) ?? 0) + 1);
      return history;
    });
    await until(() => taken.size >= 20);
    await once(first, "message"); // it has just begun a run
    first.kill("SIGKILL");
    await until(() => taken.size >= 40);
    await redis.kill();
    await delay(500);
    await redis.start();
    const histories = await Promise.all(running);
    assert.deepEqual(histories, local);
    assert.deepEqual([...taken.values()], Array(100).fill(1));
    await runner.close();

    const queue = new Queue(QUEUE, { connection: { url: redis.url } });
    const left = await queue.getJobCounts();
    assert.equal(
      Object.values(left).reduce((a, b) => a + b, 0),
      0,
      `nothing stays in Redis: ${JSON.stringify(left)}`,
    );
    await queue.close();
  });

  test("a search that died is gone on with: what its runs came to is there", async (t) => {
    const specs = trials(6);
    const dying = await RunQueue.connect(redis.url);
    for (const spec of specs) void dying.run(spec).catch(() => {});
    await delay(300);
    await dying.close();

    const queue = new Queue(QUEUE, { connection: { url: redis.url } });
    const child = await startWorker(t, redis.url);
    await until(async () => (await queue.getCompletedCount()) === specs.length);
    await kill(child);
    // No worker any more: the histories can only come from Redis.
    assert.deepEqual(await runAll(specs, { redisUrl: redis.url }), await runAll(specs));
    assert.equal(await queue.getCompletedCount(), 0);
    await queue.close();
  });

  test("progress, and cancelling: workers give up and Redis is left empty", async (t) => {
    await startWorker(t, redis.url);
    const abort = new AbortController();
    const seen: [number, number, number][] = [];
    const started = Date.now();
    const search = runAll(trials(4, 100_000), {
      redisUrl: redis.url,
      signal: abort.signal,
      onProgress: (...report) => {
        seen.push(report);
        abort.abort(new Error("seen enough"));
      },
    });
    await assert.rejects(search, /seen enough/);
    const [index, done, total] = seen[0];
    assert.ok(index < 4 && done > 0 && done < total && total === (100_000 - 1) * 4 + 1, String(seen[0]));

    // The worker is free again long before such a run could have ended: 400,000 updates take minutes.
    const [history] = await runAll([trial(99)], { redisUrl: redis.url });
    assert.equal(history.validationAccuracy.length, 5);
    assert.ok(Date.now() - started < 120_000);
  });

  test("a run that keeps failing fails the search with its spec, after the others have ended", async (t) => {
    const specs = trials(3);
    const key = runKey(specs[1]);
    // A worker whose machine has a fault.
    const broken = new Worker(
      QUEUE,
      async (job) => {
        if (job.id === key) throw new Error("the disk is on fire");
        return run(job.data.spec);
      },
      { name: "old computer", connection: { url: redis.url } },
    );
    t.after(() => broken.close());
    await assert.rejects(runAll(specs, { redisUrl: redis.url }), (error: Error) => {
      assert.ok(error instanceof RunsFailed);
      assert.match(error.message, /1 of 3 runs failed; run 1: on worker old computer: the disk is on fire/);
      assert.equal(error.histories.filter(Boolean).length, 2);
      return true;
    });
  });
});

describe("what a Redis brings that anyone may have written", { skip: noRedis() }, () => {
  let redis: RedisForTests;
  before(async () => (redis = await RedisForTests.start()));
  after(() => redis.stop());

  /** A worker of this process that does as it likes. */
  const worker = (t: TestContext, process: (job: Job<RunJob>) => Promise<unknown>, name?: string) => {
    const worker = new Worker<RunJob>(QUEUE, process, { name, connection: { url: redis.url } });
    t.after(() => worker.close());
    return worker;
  };
  const inQueue = async () => {
    const queue = new Queue(QUEUE, { connection: { url: redis.url } });
    try {
      return Object.values(await queue.getJobCounts()).reduce((a, b) => a + b, 0);
    } finally {
      await queue.close();
    }
  };
  const inStore = (t: TestContext) => {
    const folder = mkdtempSync(join(tmpdir(), "store-"));
    t.after(() => rmSync(folder, { recursive: true }));
    const file = join(folder, "runs.sqlite");
    const count = () => {
      const store = new RunStore(file);
      try {
        return store.size;
      } finally {
        store.close();
      }
    };
    return { file, count };
  };

  test("histories that are none of their runs: refused with the worker's name and the field, not kept, computed again", async (t) => {
    const good = await run(trial(0));
    const { file, count } = inStore(t);
    const forged: [value: unknown, message: RegExp][] = [
      [null, /history: expected an object .*, got null/],
      ["hello", /history: expected an object .*, got "hello"/],
      [{}, /iterations: expected in a history/],
      [{ validationAccuracy: { at: 1 } }, /iterations: expected in a history/],
      [{ ...good, loss: [0] }, /loss: expected 17 values, one for each update, got 1/],
      [{ ...good, validationAccuracy: [1, 1, 1, 1, 1e9] }, /validationAccuracy\[4\]: expected a share of 100 images/],
      [{ ...good, validationAccuracy: good.validationAccuracy.map(String) }, /validationAccuracy\[0\]: .*, got "0/],
    ];
    let answer: unknown;
    const forger = worker(t, async () => answer, "forger \x1b[2J");
    for (const [value, message] of forged) {
      answer = value;
      await assert.rejects(runAll([trial(0)], { redisUrl: redis.url, store: file }), ({ message: text }: Error) => {
        assert.match(text, message);
        assert.match(text, /1 of 1 runs failed; run 0: on worker forger \\u\{1b\}\[2J: what it computed is no history/);
        return true;
      });
      assert.equal(count(), 0);
      assert.equal(await inQueue(), 0);
    }
    answer = good;
    assert.deepEqual(await runAll([trial(0)], { redisUrl: redis.url, store: file }), [good]);
    assert.equal(count(), 1);
    await forger.close();
  });

  test("text that would act on a terminal is shown instead, and not at length", async (t) => {
    const hostile = "\x1b]0;owned\x07\u202e" + "x".repeat(1_000_000);
    const failing = worker(t, () => Promise.reject(new UnrecoverableError(hostile)), hostile);
    await assert.rejects(runAll([trial(0)], { redisUrl: redis.url }), (error: Error) => {
      const shown = inspect(error); // as Node shows what nobody catches, with causes
      assert.doesNotMatch(shown, /[^\P{C}\n]/u);
      assert.match(shown, /\(1,000,011 characters\)/);
      assert.ok(shown.length < 10_000, String(shown.length));
      return true;
    });
    await failing.close();
  });

  test("events that are none are passed over, and progress that cannot be", async (t) => {
    const spec = trial(3);
    const key = runKey(spec);
    const queue = new Queue(QUEUE, { connection: { url: redis.url } });
    t.after(() => queue.close());
    const said = t.mock.method(console, "warn", () => {});
    const publish = async (event: string, fields: Record<string, string>) => {
      const client = await queue.getBackend().client;
      await client.xadd(queue.toKey("events"), "*", { event, jobId: key, ...fields });
    };
    const honest = worker(t, async (job) => {
      for (const progress of [null, "17", NaN, [], { done: "1", total: 17 }, { done: 1 }, { done: 18, total: 17 }]) {
        await publish("progress", { data: JSON.stringify(progress) });
      }
      for (const progress of [
        { done: -1, total: 17 },
        { done: 1, total: 18 },
        { done: 0.5, total: 17 },
      ]) {
        await publish("progress", { data: JSON.stringify(progress) });
      }
      await publish("progress", { data: JSON.stringify({ done: 4, total: 17 }) });
      await publish("error", {});
      await publish("error", { message: "\x1b[2J" });
      await publish("completed", { jobId: "another", returnvalue: "null" });
      await publish("progress", { data: "{" }); // ends BullMQ's reading of events
      await delay(100);
      return run(job.data.spec);
    });
    const seen: unknown[] = [];
    const histories = await runAll([spec], { redisUrl: redis.url, onProgress: (...report) => seen.push(report) });
    assert.deepEqual(histories, [await run(spec)]);
    assert.deepEqual(seen, [[0, 4, 17]]);
    for (const { arguments: texts } of said.mock.calls) assert.doesNotMatch(texts.join(), /[^\P{C}\n]/u);
    await honest.close();
  });

  test("a job that cannot be read fails its run, and is gone: the next search computes it", async (t) => {
    const spec = trial(4);
    const queue = new Queue(QUEUE, { connection: { url: redis.url } });
    t.after(() => queue.close());
    for (const field of ["data", "opts", "progress"]) {
      await queue.add("run", { spec }, { jobId: runKey(spec) });
      await (await queue.getBackend().client).hset(queue.toKey(runKey(spec)), { [field]: "{\x1b" });
      await assert.rejects(runAll([spec], { redisUrl: redis.url }), /Redis at redis:.*JSON/);
      assert.equal(await inQueue(), 0);
    }
    const honest = worker(t, (job) => run(job.data.spec));
    assert.deepEqual(await runAll([spec], { redisUrl: redis.url }), [await run(spec)]);
    await honest.close();
  });

  test("verify: a worker that computes wrongly is found, named, and believed no more", async (t) => {
    const { file, count } = inStore(t);
    const wrong = worker(
      t,
      async (job) => {
        const history = await run(job.data.spec);
        history.loss[3] = Math.fround(history.loss[3]! * 1.0000001); // the next float32
        return history;
      },
      "hot computer",
    );
    const runner = await openRunner({ redisUrl: redis.url, store: file, verify: 0.5 });
    const believed: boolean[] = [];
    for (const spec of trials(30)) {
      try {
        await runner.run(spec);
        believed.push(true);
      } catch (error) {
        believed.push(false);
        assert.match(
          (error as Error).message,
          /^worker hot computer computes wrongly, or has another kind of processor than this machine: loss\[3\] is \d\.\d+ there and \d\.\d+ here\. \d+ other histories/,
        );
      }
    }
    await runner.close();
    assert.ok(believed.includes(false), "30 runs were believed, which happens once in 2³⁰ times");
    assert.ok(!believed.slice(believed.indexOf(false)).includes(true), "it was believed again");
    assert.equal(count(), 0, "what it had computed before is kept");
    await wrong.close();
  });

  test("verify: what is right passes, and what is no share is refused", async (t) => {
    const honest = worker(t, (job) => run(job.data.spec));
    const specs = trials(3);
    assert.deepEqual(await runAll(specs, { redisUrl: redis.url, verify: 1 }), await runAll(specs));
    await honest.close();
    await assert.rejects(
      runAll(specs, { redisUrl: redis.url, verify: 1, workers: 0 }),
      /workers: expected a whole number/,
    );
    for (const verify of [-0.1, 1.1, NaN, "0.5" as unknown as number]) {
      await assert.rejects(runAll(specs, { redisUrl: redis.url, verify }), {
        name: "RangeError",
        message: `verify: expected a share from 0 to 1, got ${verify}`,
      });
    }
  });
});

async function until(so: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await so())) await delay(20);
}
