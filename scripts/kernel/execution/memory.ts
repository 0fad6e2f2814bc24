// Compiling a cell leaves some megabytes of garbage, which V8 would leave until there are hundreds.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const ALLOWED_GROWTH_BYTES = 100 * 2 ** 20;

let used = Infinity;

/** Call it between cells. It takes a tenth of a second, about every fifty cells. */
export function tidy(): void {
  const now = process.memoryUsage().heapUsed;
  if (used === Infinity) used = now;
  if (now < used + ALLOWED_GROWTH_BYTES) return;
  collectGarbage();
  used = process.memoryUsage().heapUsed;
}
