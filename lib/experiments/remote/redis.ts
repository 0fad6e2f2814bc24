/** Connections to Redis: whether it answers, what to do if it does not, and what is said when it goes away. */
import { setTimeout as delay } from "node:timers/promises";
import type { ConnectionOptions, Queue, QueueEvents, Worker } from "bullmq";
import { Redis } from "ioredis";
import { printable } from "../../printable";
import { whenAborted } from "../runner";

/** How long a Redis may take to answer at the start. */
const START_MS = 10_000;

/** What a Redis tells of itself has some 5,000. */
const MOST_BYTES = 2 ** 20;

/** How often a Redis is asked whether it still answers. */
const PING_MS = 5000;

/** How long an end waits for a Redis that does not answer. */
const PATIENCE_MS = 3000;

/** For BullMQ: tries for as long as it takes, at least every two seconds. */
export function connectionTo(url: string): ConnectionOptions {
  return {
    url,
    maxRetriesPerRequest: null,
    retryStrategy: (times: number) => Math.min(times * 200, 2000),
    skipVersionCheck: true, // BullMQ would print what Redis says of itself as it comes
  };
}

/**
 * Checks once, at the start, that Redis answers; connections lost later are simply made again.
 * @throws saying why it does not, and what to do; the signal's reason if aborted.
 */
export async function probe(url: string, signal?: AbortSignal): Promise<void> {
  publicAddress(url); // or it throws
  // Its own limit is shorter, as it says more than that there is no answer.
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null, connectTimeout: START_MS - 1000 });
  let cause: Error | undefined;
  redis.on("error", (error: Error) => (cause ??= error));
  redis.on("connect", () => {
    let bytes = 0;
    redis.stream.on("data", (answer: Buffer) => {
      bytes += answer.length;
      if (bytes > MOST_BYTES)
        redis.stream.destroy(new Error(`RESP: more than ${MOST_BYTES} bytes in answer to a ping`));
    });
  });
  const answer = redis
    .connect()
    .then(() => redis.ping())
    .catch((error: Error) => {
      throw cause ?? error;
    });
  try {
    await inTime(answer, url, signal);
  } finally {
    redis.disconnect();
  }
}

/**
 * What Redis answers at the start.
 * @throws saying why it does not answer, and what to do; the signal's reason if aborted.
 */
export async function inTime<T>(answer: Promise<T>, url: string, signal?: AbortSignal): Promise<T> {
  const end = new AbortController();
  const silence = delay(START_MS, undefined, { signal: end.signal }).then(() => {
    throw new Error(`no answer within ${START_MS / 1000} s`);
  });
  const ended = whenAborted(signal, () => end.abort());
  try {
    return await Promise.race([answer, silence]);
  } catch (error) {
    signal?.throwIfAborted();
    throw explained(error as Error, url);
  } finally {
    ended();
    end.abort();
  }
}

/** Without the cause: a terminal would get its text as it came. */
function explained({ message }: Error, url: string): Error {
  return new Error(`Redis at ${publicAddress(url)} ${remedy(printable(message.trim()), url)}`);
}

function remedy(problem: string, url: string): string {
  if (/NOAUTH|WRONGPASS|NOPERM/.test(problem)) {
    return `refuses this user or password (${problem}): put them into the address, redis://USER:PASSWORD@HOST:PORT`;
  }
  if (/certificate/.test(problem)) {
    return `shows a certificate that is not trusted here (${problem}): name the file of its authority in NODE_EXTRA_CA_CERTS`;
  }
  const isSecure = url.startsWith("rediss:");
  if (isSecure && /TLS|SSL|TIMEDOUT|no answer/.test(problem)) {
    return `cannot be reached with TLS (${problem}): is it there, and does it speak TLS? If not, its address begins with redis://`;
  }
  if (/no answer/.test(problem)) {
    return `accepts connections but does not answer within ${START_MS / 1000} s: is it a Redis? is it overloaded?`;
  }
  if (!isSecure && /RESP|closed/.test(problem)) {
    return `does not speak as a Redis does (${problem}): is it one? If it expects TLS, its address begins with rediss://`;
  }
  return (
    `cannot be reached (${problem}): start it, or correct the address in RUNS_REDIS_URL; ` +
    `without that variable runs are executed on this machine`
  );
}

/**
 * The address without user and password, as it may be shown.
 * @throws TypeError if it is not the address of a Redis.
 */
export function publicAddress(url: string): string {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw new TypeError("RUNS_REDIS_URL is not an address: expected redis://HOST:PORT or rediss://HOST:PORT");
  }
  if (!/^rediss?:$/.test(parsed.protocol)) {
    throw new TypeError(
      `RUNS_REDIS_URL: expected redis://HOST:PORT or rediss://HOST:PORT, got one with ${parsed.protocol}//`,
    );
  }
  return `${parsed.protocol}//${parsed.host}${parsed.pathname}`;
}

/**
 * Says once per outage that Redis is away, or does not answer. Its clients connect again by themselves.
 * @returns a function that ends this.
 */
export function reportOutages(parts: (Queue | QueueEvents | Worker)[], url: string): () => void {
  const address = publicAddress(url);
  let away = false;
  let told = "";
  const report = (problem: string) => {
    if (!away) console.warn(`Redis at ${address} ${problem}; waiting for it.`);
    away = true;
  };
  for (const part of parts as Worker[]) {
    part.on("error", (error) => {
      const problem = printable(String(error.message));
      const lost = /ECONN|EPIPE|ETIMEDOUT|closed/i.test(String((error as NodeJS.ErrnoException).code ?? problem));
      if (lost) return report(`is away (${problem})`);
      if (problem !== told) console.warn(`Redis at ${address}: ${problem}`);
      told = problem;
    });
    part.on("ready", () => (away = false));
    // What comes while the connections are closed, when BullMQ listens no more, would end the process.
    const { client, blockingClient } = part.getBackend();
    for (const each of [client, blockingClient]) void each?.then((one) => one.on("error", ignore), ignore);
  }

  let waiting = false;
  const ping = async () => {
    // The answer may have come while this thread was busy, and is read before the next turn ends.
    if (waiting) await new Promise(setImmediate);
    if (waiting) return report("does not answer");
    waiting = true;
    try {
      await (await parts[0].getBackend().client).info();
      away = false;
    } finally {
      waiting = false;
    }
  };
  const pinging = setInterval(() => void ping().catch(ignore), PING_MS);
  return () => clearInterval(pinging);
}

/** Waits for what an end owes to Redis, but not for long. @returns whether it was done. */
export async function patiently(work: Promise<unknown>): Promise<boolean> {
  const end = new AbortController();
  const impatience = delay(PATIENCE_MS, false, { signal: end.signal });
  try {
    return await Promise.race([work.then(() => true), impatience]);
  } finally {
    end.abort();
  }
}

/** Ends connections without a word to Redis, which may not answer. */
export async function disconnect(parts: (Queue | QueueEvents)[]): Promise<void> {
  for (const part of parts) {
    await part.getBackend().close(true);
    await part.close().catch(ignore);
  }
}

/** For errors of what is tried again anyway, or is only a courtesy. */
export function ignore(): void {}
