import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import test, { after, before, describe } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { Queue } from "bullmq";
import { CLONE } from "../../clone";
import { noRedis, RedisForTests } from "../../testing/redis";
import { kill, startWorker, trial } from "../../testing/worker";
import { runAll } from "../run-all";
import { QUEUE } from "./jobs";

describe("a worker over a real Redis", { skip: noRedis() }, () => {
  let redis: RedisForTests;
  before(async () => (redis = await RedisForTests.start()));
  after(() => redis.stop());

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

  test("Ctrl-C ends a worker within seconds whose Redis does not answer", async (t) => {
    const child = spawn(process.execPath, [join(CLONE, "scripts/cli.mjs"), "worker", "--processes", "1"], {
      env: { ...process.env, RUNS_REDIS_URL: redis.url },
      stdio: ["ignore", "pipe", "pipe"],
    });
    t.after(() => kill(child));
    const ended = once(child, "exit");
    const [ready] = (await once(child.stdout, "data")) as [Buffer];
    assert.match(String(ready), /Executing up to 1 runs/);
    process.kill(redis.pid, "SIGSTOP");
    t.after(() => process.kill(redis.pid, "SIGCONT"));
    let said = "";
    child.stderr.on("data", (text: Buffer) => (said += String(text)));
    const begun = Date.now();
    child.kill("SIGINT");
    assert.deepEqual(await ended, [0, null]);
    assert.ok(Date.now() - begun < 10_000);
    assert.match(said, /Redis at redis:.* does not answer: what it does not know to be done is executed again/);
  });

  test("hostile jobs, put past the search right into Redis, are sent back by the worker unrun", async (t) => {
    await startWorker(t, redis.url);
    const queue = new Queue(QUEUE, { connection: { url: redis.url } });
    const good = trial(0);
    const big = { ...good, network: { ...good.network, hiddenSizes: [1e9] } };
    for (const [data, id, reason] of [
      [{ spec: big }, "big", /network\.hiddenSizes\.0/],
      [{ spec: "process.exit(1)" }, "code", /spec: /],
      [{}, "empty", /spec: /],
      [null, "null", /spec: /],
      [{ spec: { ...good, "\x1b[2J": 1 } }, "escape", /\\u\{1b\}\[2J/],
      [{ spec: good }, "\x1b[2J", /name \\u\{1b\}\[2J is not its spec's/],
      [{ spec: good }, "another-name", /name another-name is not its spec's/],
    ] as const) {
      await queue.add("run", data, { jobId: id, attempts: 3 });
      while ((await queue.getJobState(id)) !== "failed") await delay(20);
      const job = (await queue.getJob(id))!;
      assert.match(job.failedReason, reason);
      assert.equal(job.attemptsMade, 1, "a spec does not get better by trying again");
      await job.remove();
    }
    await queue.close();
  });
});
