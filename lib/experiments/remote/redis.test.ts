import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import test, { after, before, describe, type TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { createServer as createSecureServer } from "node:tls";
import { noRedis, RedisForTests } from "../../testing/redis";
import { startWorker, trial } from "../../testing/worker";
import { openRunner, runAll } from "../run-all";

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

/** A server that does with its connections as it likes. @returns its address without the protocol */
async function listen(t: TestContext, server: Server, onSocket: (socket: Socket) => void = () => {}): Promise<string> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    onSocket(socket);
  });
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return `//127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const answering = (text: string) => (socket: Socket) => socket.on("data", () => socket.write(text));

async function refusal(redisUrl: string, signal?: AbortSignal): Promise<string> {
  const error = await runAll([trial(1)], { redisUrl, signal }).then(
    () => assert.fail("it was taken for a Redis"),
    (error: Error) => error,
  );
  return error.message;
}

test("what is no Redis, or speaks TLS where it should not or not where it should, is named with what to do", async (t) => {
  const isNone =
    /^Redis at redis:.* does not speak as a Redis does \(.*\): is it one\? If it expects TLS, .* rediss:\/\/$/;
  const noTls =
    /^Redis at rediss:.* cannot be reached with TLS \([^]*\): .* does it speak TLS\? If not, .* redis:\/\/$/;
  const http = await listen(t, createServer(), answering("HTTP/1.1 400 Bad Request\r\n\r\n"));
  const closing = await listen(t, createServer(), (socket) => socket.end());
  const secure = await listen(
    t,
    createSecureServer().on("tlsClientError", () => {}),
  );
  const hostile = await listen(t, createServer(), answering("-ERR \x1b[2J\r\n".repeat(4)));
  assert.match(await refusal(`redis:${http}`), isNone);
  assert.match(await refusal(`rediss:${http}`), noTls);
  assert.match(await refusal(`redis:${closing}`), isNone);
  assert.match(await refusal(`rediss:${closing}`), noTls);
  assert.match(await refusal(`redis:${secure}`), isNone);
  assert.match(await refusal(`redis:${hostile}`), /ERR \\u\{1b\}\[2J/);
});

test("a server that never answers, or never to the end, is named within 10 s", async (t) => {
  const silent = await listen(t, createServer());
  const dripping = await listen(t, createServer(), (socket) => {
    const drip = setInterval(() => socket.write("+"), 500);
    socket.on("close", () => clearInterval(drip));
  });
  const begun = Date.now();
  const messages = await Promise.all(
    [`redis:${silent}`, `redis:${dripping}`, `rediss:${silent}`].map((url) => refusal(url)),
  );
  assert.ok(Date.now() - begun < 11_000);
  for (const message of messages.slice(0, 2)) {
    assert.match(message, /accepts connections but does not answer within 10 s: is it a Redis\? is it overloaded\?$/);
  }
  assert.match(
    messages[2],
    /cannot be reached with TLS \(connect ETIMEDOUT\): .* If not, its address begins with redis:/,
  );
});

test("the signal ends the wait for it at once, and nothing of it keeps a program from ending", async (t) => {
  const silent = await listen(t, createServer());
  const endsItself = async (redisUrl: string) => {
    const program = `
      const { runAll } = require(${JSON.stringify(require.resolve("../run-all"))});
      const signal = AbortSignal.timeout(500);
      const options = { redisUrl: ${JSON.stringify(redisUrl)}, signal };
      runAll([${JSON.stringify(trial(1))}], options).catch((error) => process.stdout.write(String(error === signal.reason)));
    `;
    const child = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
    t.after(() => child.kill("SIGKILL"));
    const [said] = (await once(child.stdout, "data")) as [Buffer];
    assert.equal(String(said), "true");
    const late = delay(5000, "still there", { ref: false });
    assert.deepEqual(await Promise.race([once(child, "exit"), late]), [0, null]);
  };
  await Promise.all([endsItself(`redis:${silent}`), endsItself(`rediss:${silent}`)]);
});

describe("a Redis that falls silent", { skip: noRedis() }, () => {
  let redis: RedisForTests;
  before(async () => (redis = await RedisForTests.start()));
  after(() => redis.stop());

  /** It does not answer until `resume` is called, but its connections stay. */
  const silence = (t: TestContext) => {
    const resume = () => process.kill(redis.pid, "SIGCONT");
    process.kill(redis.pid, "SIGSTOP");
    t.after(resume);
    return resume;
  };

  test("in the middle of a search: said once, and waited for", async (t) => {
    await startWorker(t, redis.url);
    const said: string[] = [];
    t.mock.method(console, "warn", (text: string) => said.push(text));
    const specs = [trial(1, 300), trial(2, 10)];
    let resume: (() => void) | undefined;
    const onProgress = (_: number, done: number, total: number) => void (done < total && (resume ??= silence(t)));
    const search = runAll(specs, { redisUrl: redis.url, onProgress });
    const ended = search.then(() => assert.fail("it ended without a word"));
    while (said.length === 0) await Promise.race([delay(100), ended]);
    ended.catch(() => {});
    await delay(5500); // until it has been looked at again
    resume!();
    assert.deepEqual(await search, await runAll(specs));
    assert.deepEqual(said, [`Redis at ${redis.url} does not answer; waiting for it.`]);
  });

  test("the signal ends a search and close a runner, within seconds", async (t) => {
    const reason = new Error("enough");
    const abort = new AbortController();
    const runner = await openRunner({ redisUrl: redis.url });
    const aborted = runner.run(trial(1), { signal: abort.signal });
    const lost = runner.run(trial(2));
    await delay(100);
    const resume = silence(t);
    const begun = Date.now();
    abort.abort(reason);
    await assert.rejects(aborted, (error) => error === reason);
    assert.ok(Date.now() - begun < 500);
    const ended = assert.rejects(lost, /closed before this run had ended/);
    await runner.close();
    await ended;
    assert.ok(Date.now() - begun < 5000);
    resume();
  });
});
