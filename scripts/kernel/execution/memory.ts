// Cells leave garbage, which V8 would leave until there are hundreds of megabytes.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { COLLECT_GARBAGE } from "../messages.js";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;
Object.defineProperty(globalThis, Symbol.for(COLLECT_GARBAGE), { value: collectGarbage });

const ALLOWED_GROWTH_BYTES = 100 * 2 ** 20;

/** What scripts hold, in the heap and in array buffers outside of it, which V8 hardly counts. */
function usedNow(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

let used = Infinity;

/** Call it between cells. It takes a tenth of a second, whenever a hundred megabytes have come together. */
export function tidy(): void {
  const now = usedNow();
  if (used === Infinity) used = now;
  if (now < used + ALLOWED_GROWTH_BYTES) return;
  collectGarbage();
  used = usedNow();
}
