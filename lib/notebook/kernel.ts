/**
 * The way to the notebook that runs the cell. Nothing else in the library knows that there is one:
 * in a script or a test there is none, and what would be shown is printed.
 */
import { randomUUID } from "node:crypto";
import type { MimeBundle } from "../look";

export interface DisplayOptions {
  metadata?: Record<string, unknown>;
  /** A name for this output, so that it can be changed later. */
  id?: string;
  /** Changes the output of that `id` instead of adding one. */
  update?: boolean;
}

/** What the kernel offers to the library; see scripts/kernel/execution/session.ts. */
interface Cell {
  signal?: AbortSignal;
  /** The notebook's name for the cell, if the client says it. */
  id?: string;
  /** Sends a display_data message, or one that updates an earlier display. */
  display(
    content: { data: MimeBundle; metadata: Record<string, unknown>; transient: { display_id?: string } },
    update: boolean,
  ): void;
  clearOutput(wait: boolean): void;
  /** Called after an interrupt has ended a loop where it was, without running any `finally`. */
  afterCutOff?: () => void;
}

/** Whether a notebook's cell runs this. */
export function inNotebook(): boolean {
  return cell() !== undefined;
}

function cell(): Cell | undefined {
  return (globalThis as Record<symbol, unknown>)[Symbol.for("training-techniques.cell")] as Cell | undefined;
}

/**
 * Shows a MIME bundle as one output of the cell. Outside a notebook its `text/plain` is printed.
 */
export function display(data: MimeBundle, { metadata = {}, id, update = false }: DisplayOptions = {}): void {
  const notebook = cell();
  if (notebook) notebook.display({ data, metadata, transient: id === undefined ? {} : { display_id: id } }, update);
  else console.log(data["text/plain"]);
}

/**
 * Removes what the cell has shown so far.
 * @param wait Not before the next output comes, so that nothing flickers.
 */
export function clearOutput(wait = false): void {
  cell()?.clearOutput(wait);
}

/**
 * A signal that is aborted when the running cell is interrupted or fails: hand it to what works in the
 * background, so that it stops, too. Undefined outside of a cell.
 */
export function cellSignal(): AbortSignal | undefined {
  return cell()?.signal;
}

/** The notebook's name for the running cell, if it is known. */
export function cellId(): string | undefined {
  return cell()?.id;
}

/** A name for an output that will change, unique among kernels, and before and after the library is reloaded. */
export function newDisplayId(): string {
  return randomUUID();
}

/** From now on, has this called after an interrupt has ended a loop where it was, without running any `finally`. */
export function afterCutOff(tidyUp: () => void): void {
  const notebook = cell();
  if (notebook) notebook.afterCutOff = tidyUp;
}
