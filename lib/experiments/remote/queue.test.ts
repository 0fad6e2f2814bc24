import assert from "node:assert/strict";
import { fork, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import test, { after, before, describe, type TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { Queue } from "bullmq";
import { CLONE } from "../../clone";
import { ALGORITHM, runKey } from "../key";
import { RunQueue, serveRuns } from "./queue";
import { noRedis, RedisForTests } from "../../testing/redis";
import { openRunner, runAll, RunsFailed } from "../run-all";
import type { RunSpec } from "../spec";

/** The chapter's search on a small scale: `epochs` decides how long a run takes. */
const trial = (index: number, epochs = 5): RunSpec => ({
  data: { images: 500, validation: 100, shuffleSeed: 0 },
  network: {
    inputSize: 784,
    hiddenSizes: [100, 100, 100, 100, 100, 100],
    outputSize: 10,
    weightDecay: 1e-8 * 10 ** (index % 5),
  },
  optimizer: { name: "SGD", learningRate: 10 ** (-2 - (index % 40) / 10) },
  batchSize: 100,
  epochs,
  record: ["loss", "validationAccuracy"],
  seed: index,
});
const trials = (count: number, epochs?: number) => Array.from({ length: count }, (_, i) => trial(i, epochs));

// A worker of these tests is this file again, in a process that can be killed: it says each run that it has begun.
if (process.argv[2] === "serve") {
  void serveRuns(process.argv[3], { processes: 1, silence: 2000 }).then((worker) => {
    worker.on("active", () => process.send?.("active"));
    process.send!("ready");
    process.once("disconnect", () => process.exit());
  });
} else {
  describe("over a real Redis", { skip: noRedis() }, () => {
    let redis: RedisForTests;
    before(async () => (redis = await RedisForTests.start()));
    after(() => redis.stop());

    test("100 trials, 2 workers, one killed, Redis itself killed and restarted: each history once, as computed here", async (t) => {
      const specs = trials(100);
      const local = await runAll(specs);
      const [first] = await Promise.all([worker(t, redis.url), worker(t, redis.url)]);

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

      const queue = new Queue(`training-runs-${ALGORITHM}`, { connection: { url: redis.url } });
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

      const queue = new Queue(`training-runs-${ALGORITHM}`, { connection: { url: redis.url } });
      const child = await worker(t, redis.url);
      await until(async () => (await queue.getCompletedCount()) === specs.length);
      await kill(child);
      // No worker any more: the histories can only come from Redis.
      assert.deepEqual(await runAll(specs, { redisUrl: redis.url }), await runAll(specs));
      assert.equal(await queue.getCompletedCount(), 0);
      await queue.close();
    });

    test("progress, and cancelling: workers give up and Redis is left empty", async (t) => {
      await worker(t, redis.url);
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

    test("Ctrl-C in a worker's terminal lets its present runs end", async (t) => {
      const program = join(CLONE, "scripts/cli.mjs");
      const env = { ...process.env, RUNS_REDIS_URL: redis.url };
      // The leader of a group of processes: a terminal sends the signal to the whole group.
      const child = spawn(process.execPath, [program, "worker", "--processes", "1"], {
        env,
        detached: true,
        stdio: ["ignore", "ignore", "inherit"],
      });
      t.after(() => kill(child));
      const ended = once(child, "exit");
      let pressed = false;
      const spec = trial(1, 600);
      const histories = await runAll([spec], {
        redisUrl: redis.url,
        signal: AbortSignal.timeout(60_000), // without a worker it would wait for another
        onProgress(_, done, total) {
          if (!pressed && done < total) pressed = process.kill(-child.pid!, "SIGINT");
        },
      });
      assert.ok(pressed);
      assert.deepEqual(histories, await runAll([spec]));
      assert.deepEqual(await ended, [0, null]);
    });

    test("hostile jobs, put past the search right into Redis, are sent back by the worker unrun", async (t) => {
      await worker(t, redis.url);
      const queue = new Queue(`training-runs-${ALGORITHM}`, { connection: { url: redis.url } });
      const good = trial(0);
      const big = { ...good, network: { ...good.network, hiddenSizes: [1e9] } };
      for (const [data, id, reason] of [
        [{ spec: big }, "big", /network\.hiddenSizes\.0/],
        [{ spec: "process.exit(1)" }, "code", /spec: /],
        [{}, "empty", /spec: /],
        [{ spec: good }, "another-name", /name another-name is not its spec's/],
      ] as const) {
        await queue.add("run", data, { jobId: id, attempts: 3 });
        await until(async () => (await queue.getJobState(id)) === "failed");
        const job = (await queue.getJob(id))!;
        assert.match(job.failedReason, reason);
        assert.equal(job.attemptsMade, 1, "a spec does not get better by trying again");
        await job.remove();
      }
      await queue.close();
    });

    test("a run that keeps failing fails the search with its spec, after the others have ended", async (t) => {
      const specs = trials(3);
      const key = runKey(specs[1]);
      // A worker whose machine has a fault.
      const { Worker } = await import("bullmq");
      const broken = new Worker(
        `training-runs-${ALGORITHM}`,
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

  describe("a Redis that asks who is there", { skip: noRedis() }, () => {
    let redis: RedisForTests;
    before(async () => (redis = await RedisForTests.start("--requirepass", "correct horse")));
    after(() => redis.stop());

    test("a password in the address opens it, a wrong one is said without being shown", async (t) => {
      const right = redis.url.replace("//", "//:correct%20horse@");
      await worker(t, right);
      assert.deepEqual(await runAll([trial(1)], { redisUrl: right }), await runAll([trial(1)]));
      for (const wrong of [redis.url, redis.url.replace("//", "//:battery@")]) {
        await assert.rejects(runAll([trial(1)], { redisUrl: wrong }), (error: Error) => {
          assert.match(error.message, /Redis at redis:\/\/127\.0\.0\.1:\d+ refuses this user or password/);
          assert.doesNotMatch(error.message, /battery/);
          return true;
        });
      }
    });
  });

  test("says which Redis can't be reached, without its password, and what to do", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    server.close();
    await assert.rejects(runAll([trial(1)], { redisUrl: `redis://me:secret@127.0.0.1:${port}` }), (error: Error) => {
      assert.match(
        error.message,
        new RegExp(`Redis at redis://127.0.0.1:${port} cannot be reached \\(.*ECONNREFUSED.*RUNS_REDIS_URL`),
      );
      assert.doesNotMatch(error.message, /secret/);
      return true;
    });
    await assert.rejects(runAll([trial(1)], { redisUrl: "http://me:secret@127.0.0.1" }), {
      message: /expected redis:\/\/HOST:PORT .* got one with http:\/\/$/,
    });
    await assert.rejects(runAll([trial(1)], { redisUrl: "secret" }), {
      message: /not an address: expected redis:\/\/HOST:PORT/,
    });
  });
}

/** A worker in its own process; ended with the test. */
async function worker(t: TestContext, url: string): Promise<ChildProcess> {
  const child = fork(__filename, ["serve", url], { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  t.after(() => kill(child));
  await once(child, "message");
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await once(child, "exit");
}

async function until(so: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await so())) await delay(20);
}
