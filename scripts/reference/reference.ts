// @ts-check
// Asks the NumPy reference for the histories of runs.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { createInterface } from "node:readline";
import { python } from "../setup/python.mjs";

/** @typedef {import("../../lib/dist/index.js").RunSpec} RunSpec */
/** @typedef {import("../../lib/dist/index.js").History} History */
/** @typedef {{ spec: RunSpec, draws?: Record<string, number[]> }} Request  reference.py says what `draws` are */

/**
 * A process that answers requests one after the other.
 * @param {NodeJS.ProcessEnv} [env]
 * @param {URL} [program]  of the same protocol
 */
export function startReference(env = process.env, program = new URL("reference.py", import.meta.url)) {
  const child = spawn(python, [fileURLToPath(program)], {
    env,
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    /** @param {Request} request @returns {Promise<{ history: History, seconds: number }>} */
    async ask(request) {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error("the NumPy reference ended without an answer; what it printed is above");
      return JSON.parse(value);
    },
    async close() {
      child.stdin.end();
      if (child.exitCode === null) await once(child, "exit");
    },
  };
}
