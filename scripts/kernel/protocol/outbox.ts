// ZeroMQ takes one message at a time for each socket; the others wait here, in their order.

class Outbox {
  #socket;
  #waiting = [];
  #sending = false;

  constructor(socket) {
    this.#socket = socket;
  }

  send(frames) {
    this.#waiting.push(frames);
    if (!this.#sending) this.#drain();
  }

  /** Whether everything has been handed on. */
  get isEmpty() {
    return !this.#sending;
  }

  async #drain() {
    this.#sending = true;
    while (this.#waiting.length > 0 && !this.#socket.closed) {
      // It fails when the client has gone: then nobody misses the message.
      await this.#socket.send(this.#waiting.shift()).catch(() => {});
    }
    this.#sending = false;
  }
}

module.exports = { Outbox };
