// Buffers what a cell prints for a moment, so that a loop that prints ten thousand lines sends only a few messages.
import type { StreamName } from "../messages.js";

const DELAY_MS = 40;

export class StreamBuffer {
  readonly #publish: (name: StreamName, text: string) => void;
  #name: StreamName = "stdout";
  #text = "";
  #timer: NodeJS.Timeout | undefined;

  constructor(publish: (name: StreamName, text: string) => void) {
    this.#publish = publish;
  }

  add(name: StreamName, text: string): void {
    if (name !== this.#name) this.flush();
    this.#name = name;
    this.#text += text;
    this.#timer ??= setTimeout(() => this.flush(), DELAY_MS);
  }

  /** Call it before any other message is sent, so that everything arrives in the order in which it was made. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#text === "") return;
    const text = this.#text;
    this.#text = "";
    this.#publish(this.#name, text);
  }
}
