// What a cell shows: the value of its last expression, tslab's displays, and what the library sends.
import { inspect, types } from "node:util";
import { createRequire } from "node:module";
import type { DisplayContent, MimeBundle, Publication } from "../messages.js";
import { tableOf } from "./tables.js";

/** Deno's convention: a method of this name returns a value's MIME bundle, or a promise of it. */
const DISPLAY = Symbol.for("Jupyter.display");

/** Levels shown of a nested value, as in Deno. */
const DEPTH = 4;

/** The content of a display_data message. */
interface Display {
  data: MimeBundle;
  metadata?: object;
  transient?: { display_id?: string };
}

/** A function that sends what a cell, or the library, displays. */
export type SendDisplay = (content: Display, update: boolean) => void;

export function displayThrough(publish: (publication: Publication) => void): SendDisplay {
  return ({ data, metadata = {}, transient = {} }, update) => {
    const { display_id } = transient;
    assertSendable(data);
    const content: DisplayContent = {
      data,
      metadata,
      // tslab.display without an id passes `undefined`, which the protocol does not allow.
      transient: display_id == null ? {} : { display_id },
    };
    publish({ type: update ? "update_display_data" : "display_data", content });
  };
}

const require = createRequire(import.meta.url);

/** Has tslab.display send through the kernel. */
export function hookTslab(send: SendDisplay): void {
  (require("tslab/dist/jupyter.js") as { lastWriteDisplayData: SendDisplay }).lastWriteDisplayData = send;
}

/** The MIME bundle of a value: its own, if it has one, and its text in any case. */
export async function mimeBundle(value: unknown): Promise<MimeBundle> {
  // To look at a proxy must not run its traps.
  if (types.isProxy(value)) return plainBundle(value);
  const own = await ownBundle(value);
  if (own != null && typeof own !== "object")
    throw new TypeError(`${DISPLAY.description} gave ${typeof own}, not a MIME bundle`);
  assertSendable(own);
  return { "text/plain": inspect(value, { depth: DEPTH }), ...(own ?? usualBundle(value)) };
}

/** What cannot be written as JSON must fail where it was made. */
const assertSendable = (data: unknown): void => void stringify(data);
const { stringify } = JSON; // before a cell replaces it

async function ownBundle(value: unknown): Promise<unknown> {
  const displayable = value as { [DISPLAY]?: unknown } | null | undefined;
  return typeof displayable?.[DISPLAY] === "function" ? await (displayable[DISPLAY]() as unknown) : undefined;
}

/** How values are shown that do not say it themselves: elements of a page, pictures, and records. */
function usualBundle(value: unknown): MimeBundle {
  const table = tableOf(value);
  if (table !== undefined) return { "text/html": table };
  if (typeof value !== "object" || value === null) return {};
  const { toSVG, outerHTML } = value as { toSVG?: unknown; outerHTML?: unknown };
  if (typeof toSVG === "function") return { "image/svg+xml": String((toSVG as () => unknown).call(value)) };
  return typeof outerHTML === "string" ? { "text/html": outerHTML } : {};
}

/** What is left to show of a value whose own methods fail. */
export function plainBundle(value: unknown): MimeBundle {
  for (const customInspect of [true, false]) {
    try {
      return { "text/plain": inspect(value, { customInspect, depth: DEPTH, showProxy: true }) };
    } catch {
      // tries the next way
    }
  }
  return { "text/plain": `[${typeof value}]` };
}
