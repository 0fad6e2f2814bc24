/** Connections to Redis: whether it answers, what to do if it does not, and what is said when it goes away. */
import type { ConnectionOptions, Queue, QueueEvents, Worker } from "bullmq";
import { Redis } from "ioredis";

/** For BullMQ: tries for as long as it takes, at least every two seconds. */
export function connectionTo(url: string): ConnectionOptions {
  return { url, maxRetriesPerRequest: null, retryStrategy: (times: number) => Math.min(times * 200, 2000) };
}

/**
 * Checks once, at the start, that Redis answers; connections lost later are simply made again.
 * @throws saying why it does not, and what to do.
 */
export async function probe(url: string): Promise<void> {
  const address = publicAddress(url);
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null, connectTimeout: 10_000 });
  let cause: Error | undefined;
  redis.on("error", (error: Error) => (cause ??= error));
  try {
    await redis.connect();
    await redis.ping();
  } catch (error) {
    const { message } = cause ?? (error as Error);
    throw new Error(`Redis at ${address} ${remedy(message)}`, { cause: error });
  } finally {
    redis.disconnect();
  }
}

function remedy(problem: string): string {
  if (/NOAUTH|WRONGPASS|NOPERM/.test(problem)) {
    return `refuses this user or password (${problem}): put them into the address, redis://USER:PASSWORD@HOST:PORT`;
  }
  if (/certificate/.test(problem)) {
    return `shows a certificate that is not trusted here (${problem}): name the file of its authority in NODE_EXTRA_CA_CERTS`;
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

/** Says once per outage that Redis is away. Its clients connect again by themselves. */
export function reportOutages(parts: (Queue | QueueEvents | Worker)[], url: string): void {
  let away = false;
  for (const part of parts as Worker[]) {
    part.on("error", (error) => {
      const lost = /ECONN|EPIPE|ETIMEDOUT|closed/i.test(String((error as NodeJS.ErrnoException).code ?? error.message));
      if (!lost) console.warn(`Redis at ${publicAddress(url)}: ${error.message}`);
      else if (!away) console.warn(`Redis at ${publicAddress(url)} is away (${error.message}); waiting for it.`);
      away ||= lost;
    });
    part.on("ready", () => (away = false));
  }
}

/** For errors of what is tried again anyway, or is only a courtesy. */
export function ignore(): void {}
