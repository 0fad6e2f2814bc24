/**
 * How many processes this machine, or the container that this runs in, has room for: Linux's control groups limit the
 * processors and the memory of what runs in them, which Node 20 does not see, or counts files kept in memory as used.
 */
import { readFileSync } from "node:fs";
import { availableParallelism, freemem, totalmem } from "node:os";
import { join } from "node:path";

/**
 * What a process holds that trains on all of MNIST: 210 MB, and 320 in the course of section 6.1. One that also takes
 * accuracies on all of it holds 580; where that is too much, its run begins again with fewer beside it.
 */
const PROCESS_BYTES = 400 * 2 ** 20;

/** The processors and the memory that are there for the taking. */
export interface Capacity {
  /** Processors that this process may run on. */
  cores: number;
  /** How many of them it may use all of the time, if there is a quota. */
  quota?: number;
  /** Memory that is free, in bytes. */
  memory: number;
}

/** What macOS gives to programs when they ask, of all memory: it keeps most of it full of files, and calls little of it free. */
const SHARE_ON_MACOS = 0.5;

/**
 * How many processes of so many threads fit, and, if these are fewer than the processors have room for, a sentence that
 * says why.
 */
export function fit({ cores, quota = cores, memory, threads = 1 }: Capacity & { threads?: number }): {
  processes: number;
  reason?: string;
} {
  const most = Math.max(1, Math.floor(cores / threads));
  const byQuota = Math.max(1, Math.min(most, Math.floor(quota / threads)));
  const byMemory = Math.max(1, Math.floor(memory / PROCESS_BYTES));
  const processes = Math.min(byQuota, byMemory);
  if (processes === most) return { processes };
  const megabytes = (bytes: number) => `${Math.floor(bytes / 2 ** 20)} MB`;
  const cause =
    byMemory < byQuota
      ? `${megabytes(memory)} of memory are free, and each may take ${megabytes(PROCESS_BYTES)}`
      : `a quota of ${Number(quota.toFixed(2))} of ${cores} processors is set`;
  return {
    processes,
    reason: `Runs are executed ${processes} at a time, as ${cause}; \`workers\` sets another number.`,
  };
}

/** @param root where the system's files are */
export function capacity(root = "/"): Capacity {
  const cores = availableParallelism();
  const groups = groupsOf(root);
  const quota = Math.min(...groups.map(quotaOf));
  const free = process.platform === "darwin" ? totalmem() * SHARE_ON_MACOS : freemem();
  const memory = Math.min(free, ...groups.map(memoryOf));
  return { cores, ...(quota < cores && { quota }), memory };
}

/**
 * The folders of the control groups that this process is in, with those around them: of version 2, or of version 1, in
 * which each controller has its own. In a container a path may begin outside of what can be seen; then its end is looked
 * for.
 */
function groupsOf(root: string): string[] {
  const mounted = join(root, "sys/fs/cgroup");
  const lines = text(join(root, "proc/self/cgroup"))?.trim().split("\n") ?? [];
  return lines.flatMap((line) => {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (path === undefined) return [];
    const bases =
      controllers === ""
        ? [mounted, join(mounted, "unified")]
        : controllers.split(",").map((controller) => join(mounted, controller));
    const names = path.split("/").filter((name) => name !== "" && name !== "..");
    return bases.flatMap((base) => names.map((_, i) => join(base, ...names.slice(0, i + 1))).concat(base));
  });
}

/** The share of the time that a group may compute, in processors. */
function quotaOf(group: string): number {
  const [most, period] =
    text(join(group, "cpu.max"))?.split(" ") ??
    ["cpu.cfs_quota_us", "cpu.cfs_period_us"].map((name) => text(join(group, name)));
  const quota = Number(most) / Number(period);
  return quota > 0 ? quota : Infinity; // "max", or -1
}

/** What a group may still take: files that are only kept in memory make room. */
function memoryOf(group: string): number {
  const read = (...names: string[]) => Number(names.map((name) => text(join(group, name))).find((value) => value));
  const free = read("memory.max", "memory.limit_in_bytes") - read("memory.current", "memory.usage_in_bytes");
  const statistics = text(join(group, "memory.stat")) ?? "";
  const [, files = 0] =
    /^total_inactive_file (\d+)$/m.exec(statistics) ?? /^inactive_file (\d+)$/m.exec(statistics) ?? [];
  return Number.isNaN(free) ? Infinity : Math.max(0, free + Number(files));
}

function text(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
