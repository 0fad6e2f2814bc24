import { createHash } from "node:crypto";
import type { RunSpec } from "./spec";

/**
 * Bumped whenever equal specs may give other histories than before, so that a history kept earlier is never taken for one
 * of the present version.
 */
export const ALGORITHM = 2;

/** The name of a run wherever its history is kept: SHA-256 of its spec and {@link ALGORITHM}, in hexadecimal. */
export function runKey(spec: RunSpec): string {
  return createHash("sha256")
    .update(canonical([ALGORITHM, spec]))
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
