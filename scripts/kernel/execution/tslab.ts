// The inner parts of tslab that the kernel uses, loaded after tslab's TypeScript has been patched.
import { createRequire } from "node:module";
import { patchTypeScript } from "./patches.js";

const require = createRequire(import.meta.url);

patchTypeScript();

export const { createConverter, isCompleteCode } =
  require("tslab/dist/converter.js") as typeof import("tslab/dist/converter.js");
export const { createExecutor } = require("tslab/dist/executor.js") as typeof import("tslab/dist/executor.js");
export const { printQuickInfo } = require("tslab/dist/inspect.js") as typeof import("tslab/dist/inspect.js");

/** Here tslab.display, and the library, find the function that sends what they display. */
export const tslabJupyter = require("tslab/dist/jupyter.js") as {
  lastWriteDisplayData: (content: never, update: boolean) => void;
};
