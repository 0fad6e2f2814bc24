/**
 * Buffers what cells print for a moment, so that a loop that prints ten thousand lines sends only a few messages. A loop
 * that prints in turns to both streams would send as many messages as lines: after so many turns within one moment the
 * rest of it is sent as one text for each stream.
 */
import type { StreamName } from "../messages.js";

const DELAY_MS = 40;
const MAX_TURNS = 200;
/** Of a message. ZeroMQ counts messages, and not bytes, for a client that does not read. */
const MAX_LENGTH = 1 << 16;

interface Piece {
  cell: string | undefined;
  name: StreamName;
  text: string;
}

export class StreamBuffer {
  readonly #publish: (cell: string | undefined, name: StreamName, text: string) => void;
  #pieces: Piece[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(publish: (cell: string | undefined, name: StreamName, text: string) => void) {
    this.#publish = publish;
  }

  add(cell: string | undefined, name: StreamName, text: string): void {
    const belongs = (piece: Piece) => piece.name === name && piece.cell === cell;
    const last = this.#pieces.at(-1);
    const piece =
      last && belongs(last) ? last : this.#pieces.length < MAX_TURNS ? undefined : this.#pieces.findLast(belongs);
    if (piece) piece.text += text;
    else this.#pieces.push({ cell, name, text });
    this.#timer ??= setTimeout(() => this.flush(), DELAY_MS);
  }

  /** Call it before any other message is sent, so that everything arrives in the order in which it was made. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const { cell, name, text } of this.#pieces.splice(0))
      for (let start = 0; start < text.length;) {
        const end = endOfPart(text, start);
        this.#publish(cell, name, text.slice(start, end));
        start = end;
      }
  }
}

/** Not between the two halves of a character. */
function endOfPart(text: string, start: number): number {
  const end = Math.min(start + MAX_LENGTH, text.length);
  return end < text.length && /[\uD800-\uDBFF]/.test(text[end - 1]) ? end + 1 : end;
}
