/**
 * How the process that knows TypeScript is started (main.ts): from a snapshot of one that has already read TypeScript's
 * and Node's declarations, which takes a fifth of the time that reading them does.
 */
import { accessSync, closeSync, constants, openSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { withSlashes } from "./files.js";

const require = createRequire(import.meta.url);

/** TypeScript descends into nested expressions, and into types that cells made of earlier ones. */
const STACK_KB = 32_000;
const STACK_LIMIT_KB = STACK_KB + 8_000;
const HEAP_MB = 4096;
/** What is read at the start stays: with less, V8 would look through it again and again. */
const SEMI_SPACE_MB = 16;

/** The compiler, with TypeScript, in the one file that the build has made of them. */
export const bundle = fileURLToPath(new URL("../language.cjs", import.meta.url));

/** Each version of Node has its own. */
export const snapshot = `${bundle}.${process.version}-${process.arch}.snapshot`;

const sizeOf = (file: string) => statSync(file, { throwIfNoEntry: false })?.size;

/** A snapshot that could not be made is empty, so that it is not tried again and again. */
export const isUsable = (file: string) => (sizeOf(file) ?? 0) > 0;

/** Whether it is worth trying. */
export function canMakeSnapshot(): boolean {
  try {
    accessSync(path.dirname(snapshot), constants.W_OK);
    return sizeOf(snapshot) !== 0;
  } catch {
    return false; // a read-only folder: every kernel starts a little later
  }
}

export function noteThatNoneCanBeMade(): void {
  closeSync(openSync(snapshot, "w"));
}

/**
 * A command that starts Node with enough memory and stack.
 * @param options for Node: the file to run, or the snapshot to start from
 */
export function commandFor(options: string[]): {
  command: string;
  parameters: string[];
  environment: NodeJS.ProcessEnv;
} {
  const memory = [`--max-old-space-size=${HEAP_MB}`, `--max-semi-space-size=${SEMI_SPACE_MB}`];
  const { NODE_OPTIONS: _, ...environment } = process.env; // a snapshot fits one set of options
  // The stack of a program for Windows is what it was built with.
  if (process.platform === "win32")
    return { command: process.execPath, parameters: [...memory, ...options], environment };
  // V8 may use no more stack than the system gives, which only a shell can ask for.
  const script = `ulimit -s ${STACK_LIMIT_KB} 2>/dev/null && stack=--stack-size=${STACK_KB}; exec "$0" $stack "$@"`;
  return { command: "/bin/sh", parameters: ["-c", script, process.execPath, ...memory, ...options], environment };
}

/** Where TypeScript's declarations lie, those of tslab, and those of the Node that runs: what main.ts is given. */
export function places(): string[] {
  return [
    path.dirname(require.resolve("typescript")),
    require.resolve("tslab").replace(/\.js$/, ".d.ts"),
    nodeTypes(),
  ].map(withSlashes);
}

function nodeTypes(): string {
  const version = Number(process.versions.node.split(".")[0]);
  const name = version < 22 ? "@types/node" : `types-node-${Math.min(version - (version % 2), 26)}`;
  return path.join(path.dirname(require.resolve(`${name}/package.json`)), "index.d.ts");
}
