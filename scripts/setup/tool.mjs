import { spawn } from "node:child_process";
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { cache, root } from "./clone.mjs";
import { heldLock } from "./lock.mjs";
import { SetUpError, remedy } from "./set-up-error.mjs";

/** Everything that tools print. */
export const log = join(cache, "setup.log");

/** Begins a new log. */
export function openLog() {
  mkdirSync(cache, { recursive: true });
  writeFileSync(log, `${new Date().toISOString()}  Node ${process.version}  ${root}\n`);
}

/**
 * Runs a tool to its end.
 * @param {string} command
 * @param {string[]} args
 * @param {object} options
 * @param {string} options.doing  the tool's purpose, with which an error begins: "Installing the Python packages"
 * @param {string} [options.cwd]
 * @param {Record<string, string>} [options.env]  added to the environment
 * @param {(line: string) => void} [options.onLine]  called with each line it prints
 * @returns {Promise<void>}
 * @throws {SetUpError} when it cannot be started or fails
 */
export async function runTool(command, args, { doing, cwd = root, env = {}, onLine = () => {} }) {
  mkdirSync(cache, { recursive: true });
  appendFileSync(log, `\n$ ${[command, ...args].join(" ")}\n`);
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe", heldLock() ?? "ignore"],
  });
  /** @type {string[]} */
  const lines = [];
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: /** @type {import("node:stream").Readable} */ (stream) }).on("line", (line) => {
      // pip's progress would make up most of the log.
      if (!line.startsWith("Progress ")) appendFileSync(log, `${line}\n`);
      lines.push(line);
      if (lines.length > 300) lines.shift();
      onLine(line);
    });

  const stop = (/** @type {NodeJS.Signals} */ signal) => {
    child.kill(signal);
    process.stderr.write("\nStopped. The same command goes on from here.\n");
    process.exit(128 + constants.signals[signal]);
  };
  const signals = /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"]);
  for (const signal of signals) process.once(signal, stop);
  try {
    const { code, signal } = await new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code, signal) => resolve({ code, signal }));
    });
    if (code === 0) return;
    const how = signal ? `ended by ${signal}` : `exit code ${code}`;
    const reason = remedy([...lines, how].join("\n")) ?? `${command} reported an error (${how}), shown below`;
    throw new SetUpError(`${doing} failed: ${reason}.`, tail(lines));
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === "ENOENT")
      throw new SetUpError(
        `${doing} failed: the command ${command} was not found; install it and run the same command again.`,
      );
    throw error;
  } finally {
    for (const signal of signals) process.off(signal, stop);
  }
}

/** @param {string[]} lines */
function tail(lines) {
  return lines
    .filter((line) => line.trim() && !line.startsWith("Progress "))
    .slice(-12)
    .join("\n");
}
