// @ts-check
// The compiled library, for scripts.
import { createRequire } from "node:module";

/** @type {typeof import("../../lib/dist")} */
export const library = createRequire(import.meta.url)("../../lib");
