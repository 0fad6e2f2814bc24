// ZeroMQ takes one message at a time for each socket. The others wait here, in order.

type Frames = (string | Buffer)[];

/** What is needed of a ZeroMQ socket. */
interface Sender {
  readonly closed: boolean;
  send(frames: Frames): Promise<void>;
}

export class Outbox {
  readonly #socket: Sender;
  readonly #waiting: Frames[] = [];
  #sending = false;

  constructor(socket: Sender) {
    this.#socket = socket;
  }

  send(frames: Frames): void {
    this.#waiting.push(frames);
    if (!this.#sending) void this.#drain();
  }

  /** Whether everything has been handed on. */
  get isEmpty(): boolean {
    return !this.#sending;
  }

  async #drain(): Promise<void> {
    this.#sending = true;
    for (let frames; !this.#socket.closed && (frames = this.#waiting.shift());) {
      // Sending fails once the client has gone, and then no one misses the message.
      await this.#socket.send(frames).catch(() => {});
    }
    this.#sending = false;
  }
}
