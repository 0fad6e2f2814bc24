// The cases of one target, each when it is asked for: answers with what is wrong with it, or null. Started by target.ts.
import { createRequire } from "node:module";
import { basename } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { RandomStream } from "../../lib/random.js";
import { loadLibrary } from "../library.js";

const { randomStream } = loadLibrary("random");
const [file] = process.argv.slice(2);
const { default: target } = createRequire(import.meta.url)(file) as {
  default: (stream: RandomStream) => void | Promise<void>;
};

async function wrongWith(seed: number): Promise<string | null> {
  try {
    await target(randomStream(seed, basename(file, ".js")));
    return null;
  } catch (error) {
    return error instanceof Error ? String(error.stack) : `it throws ${String(error)}`;
  } finally {
    await setImmediate(); // native objects of the case are freed after a turn of the event loop only
  }
}

process.on("message", (seed: number) => void wrongWith(seed).then((what) => process.send?.(what)));
process.once("disconnect", () => process.exit());
process.send?.(null);
