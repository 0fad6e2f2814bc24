// What a cell shows: the value of its last expression, tslab's displays, and what the library sends.

const { inspect } = require("node:util");
const tslab = require("tslab/dist/jupyter.js");

/** The convention of Deno's kernel: a method of this name gives a value's MIME bundle, or a promise of it. */
const DISPLAY = Symbol.for("Jupyter.display");

/** Lets tslab.display, and the library, send display data through us. tslab's hook takes the whole content. */
function takeOverDisplay(publish) {
  tslab.lastWriteDisplayData = ({ data, metadata = {}, transient = {} }, update) => {
    const { display_id } = transient;
    publish(update ? "update_display_data" : "display_data", {
      data,
      metadata,
      // tslab.display without an id says `undefined`, which the protocol does not know.
      transient: display_id == null ? {} : { display_id },
    });
  };
}

/** How many levels of a value are shown: as many as Deno shows. */
const DEPTH = 4;

/** The MIME bundle of a value: its own, if it has one, and its text in any case. */
async function mimeBundle(value) {
  const own = typeof value?.[DISPLAY] === "function" ? await value[DISPLAY]() : undefined;
  if (own != null && typeof own !== "object")
    throw new TypeError(`${DISPLAY.description} gave ${typeof own}, not a MIME bundle`);
  return { "text/plain": inspect(value, { depth: DEPTH }), ...own };
}

/** What is left to show of a value whose own methods fail. */
function plainBundle(value) {
  for (const customInspect of [true, false]) {
    try {
      return { "text/plain": inspect(value, { customInspect, depth: DEPTH, showProxy: true }) };
    } catch {
      // the next way, then
    }
  }
  return { "text/plain": `[${typeof value}]` };
}

module.exports = { mimeBundle, plainBundle, takeOverDisplay };
