// What a cell prints, gathered for a moment, so that a loop that prints ten thousand lines sends a few messages.

const DELAY = 40; // ms

class StreamBuffer {
  #name;
  #text = "";
  #timer;
  #publish;

  /** @param {(name: "stdout" | "stderr", text: string) => void} publish */
  constructor(publish) {
    this.#publish = publish;
  }

  add(name, text) {
    if (name !== this.#name) this.flush();
    this.#name = name;
    this.#text += text;
    this.#timer ??= setTimeout(() => this.flush(), DELAY);
  }

  /** To be called before any other message is sent, so that everything arrives in the order it was made. */
  flush() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#text === "") return;
    const text = this.#text;
    this.#text = "";
    this.#publish(this.#name, text);
  }
}

module.exports = { StreamBuffer };
