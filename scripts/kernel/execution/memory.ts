// Compiling a cell leaves some megabytes of garbage, which V8 would let lie until there are hundreds.

const { setFlagsFromString } = require("node:v8");
const { runInNewContext } = require("node:vm");

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc");

const ALLOWED_GROWTH = 100 * 2 ** 20; // bytes

let used = Infinity;

/** To be called between cells. It takes a tenth of a second, every fifty cells or so. */
function tidy() {
  const now = process.memoryUsage().heapUsed;
  if (used === Infinity) used = now;
  if (now < used + ALLOWED_GROWTH) return;
  collectGarbage();
  used = process.memoryUsage().heapUsed;
}

module.exports = { tidy };
