import { createRequire } from "node:module";
import { join } from "node:path";
import { libraryBuild } from "#setup/clone.mjs";

/** Modules of the library by their place in lib/, `index` first: what notebooks import. */
interface LibraryModules {
  index: typeof import("../lib/index.js");
  "engine/backend/index": typeof import("../lib/engine/backend/index.js");
  "engine/backend/compatibility": typeof import("../lib/engine/backend/compatibility.js");
  "experiments/data": typeof import("../lib/experiments/data.js");
  "experiments/training": typeof import("../lib/experiments/training.js");
  "experiments/remote/client": typeof import("../lib/experiments/remote/client.js");
  "experiments/remote/jobs": typeof import("../lib/experiments/remote/jobs.js");
  "experiments/remote/serve": typeof import("../lib/experiments/remote/serve.js");
  "testing/redis": typeof import("../lib/testing/redis.js");
  "experiments/run": typeof import("../lib/experiments/run.js");
  "experiments/run-all": typeof import("../lib/experiments/run-all.js");
  "experiments/spec": typeof import("../lib/experiments/spec.js");
  printable: typeof import("../lib/printable.js");
  random: typeof import("../lib/random.js");
  "figures/dark": typeof import("../lib/figures/dark.js");
}

export type Library = LibraryModules["index"];

const require = createRequire(import.meta.url);

/**
 * Loads a module of the compiled library, which is CommonJS. Most of them load TensorFlow, which takes a second; and
 * the library reads QUICK while it is loaded.
 */
export function loadLibrary<Name extends keyof LibraryModules>(name: Name): LibraryModules[Name] {
  return require(join(libraryBuild, name)) as LibraryModules[Name];
}
