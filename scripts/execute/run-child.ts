import { spawn } from "node:child_process";
import { constants } from "node:os";
import { createInterface } from "node:readline";

const KILL_AFTER_MS = 5000;

interface Options {
  env: NodeJS.ProcessEnv;
  cwd: string;
  /** Receives the lines of standard output; without it, all output goes to the terminal. */
  onLine?: (line: string) => void;
}

/** Without them, on Windows, a Ctrl-C reaches all that belong to the console. */
const HAS_GROUPS = process.platform !== "win32";

/**
 * Runs a program to its end. Ctrl-C, or any other signal that ends this process, ends it too: it runs in its own
 * process group and is interrupted once, from here, so that nbconvert can shut down its kernel; after 5 s the whole
 * group is killed.
 */
export function runChild(
  command: string,
  args: string[],
  { env, cwd, onLine }: Options,
): Promise<{ code: number | null; stderr: string }> {
  const child = spawn(command, args, {
    env,
    cwd,
    detached: HAS_GROUPS,
    stdio: onLine ? ["ignore", "pipe", "pipe"] : ["ignore", "inherit", "inherit"],
  });
  let stderr = "";
  child.stderr?.on("data", (text: Buffer) => (stderr += text));
  if (child.stdout && onLine) createInterface({ input: child.stdout }).on("line", onLine);

  let stoppedBy: NodeJS.Signals | undefined;
  const stop = (signal: NodeJS.Signals) => {
    if (stoppedBy) return;
    stoppedBy = signal;
    process.stderr.write("\nStopping …\n");
    if (HAS_GROUPS) child.kill("SIGINT");
    const kill = () => (HAS_GROUPS ? child.pid && process.kill(-child.pid, "SIGKILL") : child.kill());
    setTimeout(kill, KILL_AFTER_MS).unref();
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, stop);

  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      if (stoppedBy) process.exit(128 + constants.signals[stoppedBy]);
      for (const signal of signals) process.off(signal, stop);
      resolve({ code, stderr });
    });
  });
}
