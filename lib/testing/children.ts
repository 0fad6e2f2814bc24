import { readFileSync } from "node:fs";

/** The ids of this process's children, in the order in which they started. */
export function children(): number[] {
  return readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);
}
