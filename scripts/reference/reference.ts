// Asks the NumPy reference for the histories of runs.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { root } from "#setup/clone.mjs";
import { python } from "#setup/python.mjs";
import type { History, RunSpec } from "../../lib/index.js";

export const referenceProgram = join(root, "scripts/reference/reference.py");

interface Request {
  spec: RunSpec;
  /** Described in reference.py. */
  draws?: Record<string, number[]>;
}

interface Answer {
  history: History;
  seconds: number;
}

/**
 * A process that answers requests one after another.
 * @param program  that speaks the same protocol
 */
export function startReference(env: NodeJS.ProcessEnv = process.env, program = referenceProgram) {
  const child = spawn(python, [program], { env, stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async ask(request: Request): Promise<Answer> {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error("the NumPy reference ended without an answer; what it printed is above");
      return JSON.parse(value) as Answer;
    },
    async close(): Promise<void> {
      child.stdin.end();
      if (child.exitCode === null) await once(child, "exit");
    },
  };
}
