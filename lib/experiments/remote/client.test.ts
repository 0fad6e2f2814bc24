import assert from "node:assert/strict";
import { once } from "node:events";
import test, { after, before, describe } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { Queue, Worker } from "bullmq";
import { noRedis, RedisForTests } from "../../testing/redis";
import { kill, startWorker, trial, trials } from "../../testing/worker";
import { runKey } from "../key";
import { openRunner, runAll, RunsFailed } from "../run-all";
import { RunQueue } from "./client";
import { QUEUE } from "./jobs";

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
        return {
          iterations: 1,
          loss: [],
          trainAccuracy: [],
          validationAccuracy: [],
          testAccuracy: [],
          divergedAt: null,
        };
      },
      { connection: { url: redis.url } },
    );
    t.after(() => broken.close());
    await assert.rejects(runAll(specs, { redisUrl: redis.url }), (error: Error) => {
      assert.ok(error instanceof RunsFailed);
      assert.match(error.message, /1 of 3 runs failed; run 1: on a worker: the disk is on fire/);
      assert.equal(error.histories.filter(Boolean).length, 2);
      return true;
    });
  });
});

async function until(so: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await so())) await delay(20);
}
