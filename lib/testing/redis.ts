import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { Redis } from "ioredis";
import { CLONE } from "../clone";

const ENV = { ...process.env, PATH: `${process.env.PATH}${delimiter}${join(CLONE, ".venv/bin")}` };

/** Why the tests that need a Redis can't be run here, or `false`. */
export function noRedis(): string | false {
  try {
    execFileSync("redis-server", ["--version"], { env: ENV, stdio: "ignore" });
    return false;
  } catch {
    return "there is no redis-server: apt-get install redis-server";
  }
}

/** A real Redis on loopback in a folder of its own, that writes every change to its append-only file. */
export class RedisForTests {
  private server?: ChildProcess;
  private readonly folder = mkdtempSync(join(tmpdir(), "redis-"));

  private constructor(
    private readonly port: number,
    private readonly options: string[],
  ) {}

  static async start(...options: string[]): Promise<RedisForTests> {
    const redis = new RedisForTests(await freePort(), options);
    await redis.start();
    return redis;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.server!.pid!;
  }

  async start(): Promise<void> {
    const settings = ["--port", String(this.port), "--bind", "127.0.0.1", "--dir", this.folder, "--save", ""];
    const log = ["--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction"];
    this.server = spawn("redis-server", [...settings, ...log, ...this.options], { env: ENV, stdio: "ignore" });
    const client = new Redis(this.url, { retryStrategy: () => 50, maxRetriesPerRequest: null });
    client.on("error", () => {});
    // A server that asks for a password answers too.
    await client.ping().catch(() => {});
    client.disconnect();
  }

  /** As a power cut would end it. */
  async kill(): Promise<void> {
    this.server!.kill("SIGKILL");
    await once(this.server!, "exit");
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
