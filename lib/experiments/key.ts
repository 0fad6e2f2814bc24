import { createHash } from "node:crypto";
import { arithmetic } from "../engine/backend";
import type { RunSpec } from "./spec";

/**
 * Bumped whenever equal specs may give other histories than before, so that a history kept earlier is never taken for one
 * of the present version.
 */
const ALGORITHM = 2;

/** What makes equal specs give equal histories: {@link ALGORITHM}, and the arithmetic unless it is the usual one. */
export const VERSION = arithmetic === "tensorflow" ? [ALGORITHM] : [ALGORITHM, arithmetic];

/** The name of a run wherever its history is kept: SHA-256 of {@link VERSION} and its spec, in hexadecimal. */
export function runKey(spec: RunSpec): string {
  return createHash("sha256")
    .update(canonical([...VERSION, spec]))
    .digest("hex");
}

/** JSON with the keys of every object in order, so that equal values give equal text. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part) =>
    part !== null && typeof part === "object" && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
