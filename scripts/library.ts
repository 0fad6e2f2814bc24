// @ts-check
// The compiled library, for scripts.
import { createRequire } from "node:module";

/** @type {typeof import("../../lib/dist/index.js")} */
export const library = createRequire(import.meta.url)("../../lib");
