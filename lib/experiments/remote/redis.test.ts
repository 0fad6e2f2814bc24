import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import test, { after, before, describe } from "node:test";
import { noRedis, RedisForTests } from "../../testing/redis";
import { startWorker, trial } from "../../testing/worker";
import { runAll } from "../run-all";

describe("a Redis that asks who is there", { skip: noRedis() }, () => {
  let redis: RedisForTests;
  before(async () => (redis = await RedisForTests.start("--requirepass", "correct horse")));
  after(() => redis.stop());

  test("a password in the address opens it, a wrong one is said without being shown", async (t) => {
    const right = redis.url.replace("//", "//:correct%20horse@");
    await startWorker(t, right);
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
