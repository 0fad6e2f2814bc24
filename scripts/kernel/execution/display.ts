// What a cell shows: the value of its last expression, tslab's displays, and what the library sends.
import { inspect } from "node:util";
import type { DisplayContent, MimeBundle, Publication } from "../messages.js";
import { tslabJupyter } from "./tslab.js";

/** Deno's convention: a method of this name returns a value's MIME bundle, or a promise of it. */
const DISPLAY = Symbol.for("Jupyter.display");

/** Levels shown of a nested value, as in Deno. */
const DEPTH = 4;

/** What tslab hands to its hook: the whole content of a display_data message. */
interface TslabDisplay {
  data: MimeBundle;
  metadata?: object;
  transient?: { display_id?: string };
}

/** Sends the display data of tslab.display, and of the library, through the kernel. */
export function takeOverDisplay(publish: (publication: Publication) => void): void {
  tslabJupyter.lastWriteDisplayData = ({ data, metadata = {}, transient = {} }: TslabDisplay, update: boolean) => {
    const { display_id } = transient;
    const content: DisplayContent = {
      data,
      metadata,
      // tslab.display without an id passes `undefined`, which the protocol does not allow.
      transient: display_id == null ? {} : { display_id },
    };
    publish({ type: update ? "update_display_data" : "display_data", content });
  };
}

/** The MIME bundle of a value: its own, if it has one, and its text in any case. */
export async function mimeBundle(value: unknown): Promise<MimeBundle> {
  const own = await ownBundle(value);
  if (own != null && typeof own !== "object")
    throw new TypeError(`${DISPLAY.description} gave ${typeof own}, not a MIME bundle`);
  return { "text/plain": inspect(value, { depth: DEPTH }), ...own };
}

async function ownBundle(value: unknown): Promise<unknown> {
  const displayable = value as { [DISPLAY]?: unknown } | null | undefined;
  return typeof displayable?.[DISPLAY] === "function" ? await (displayable[DISPLAY]() as unknown) : undefined;
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
