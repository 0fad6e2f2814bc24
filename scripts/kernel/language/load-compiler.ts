/**
 * Loads the compiler, with TypeScript, from the one file that the build has made of them. V8 keeps what it has compiled
 * of it beside that file, for the kernels to come.
 */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import vm from "node:vm";

const bundle = fileURLToPath(new URL("../compiler.cjs", import.meta.url));
/** Each version of Node has its own. */
const cache = `${bundle}.${process.version}-${process.arch}`;

type Compiler = typeof import("../compiler/compiler.js");

/** Gives the compiler, and a function to call when it has done some work, and is known by then. */
export function loadCompiler(): Compiler & { remember(): void } {
  const code = readFileSync(bundle, "utf8");
  const script = new vm.Script(`(function (exports, require, module, __filename, __dirname) {${code}\n})`, {
    filename: bundle,
    cachedData: readIfThere(cache),
  });
  const module = { exports: {} as Compiler };
  const run = script.runInThisContext() as (...given: unknown[]) => void;
  run(module.exports, createRequire(bundle), module, bundle, fileURLToPath(new URL("..", import.meta.url)));
  const isKnown = script.cachedDataRejected === false;
  return { ...module.exports, remember: () => void (isKnown || write(script.createCachedData())) };
}

function readIfThere(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}

/** Another kernel may read it at the same time. Where it cannot be written, every kernel starts a little later. */
function write(data: Buffer): void {
  const partial = `${cache}.${process.pid}`;
  try {
    writeFileSync(partial, data);
    renameSync(partial, cache);
  } catch {
    // a read-only folder
  }
}
