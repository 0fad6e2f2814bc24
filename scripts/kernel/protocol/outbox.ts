// ZeroMQ takes one message at a time for each socket. The others wait here, in order.

type Frames = (string | Buffer)[];

/** What is needed of a ZeroMQ socket. */
interface Sender {
  readonly closed: boolean;
  send(frames: Frames): Promise<void>;
}

const RETRY_MS = 2;
/** What a socket that does not wait for its readers is given: no more messages, and no more bytes, than these. */
const SLOW_MESSAGES_PER_MS = 1;
const SLOW_BYTES_PER_MS = 8000;

export class Outbox {
  readonly #socket: Sender;
  readonly #onStall: (seconds: number) => void;
  #waiting: Frames[] = [];
  #next = 0; // to take from the front of a long array is slow
  #bytes = 0;
  #sending = false;
  #isSlow = false;
  /** When a slow socket may be given the next message. */
  #nextAt = 0;

  /** @param onStall called when the socket has taken nothing for some time, as a client does not read */
  constructor(socket: Sender, onStall: (seconds: number) => void = () => {}) {
    this.#socket = socket;
    this.#onStall = onStall;
  }

  send(frames: Frames): void {
    this.#waiting.push(frames);
    this.#bytes += sizeOf(frames);
    if (!this.#sending) void this.#drain();
  }

  /** Whether everything has been handed on. */
  get isEmpty(): boolean {
    return !this.#sending;
  }

  /** How much waits. */
  get bytes(): number {
    return this.#bytes;
  }

  /** From now on the socket is given only as much as a client that reads at all can take. */
  slowDown(): void {
    this.#isSlow = true;
  }

  async #drain(): Promise<void> {
    this.#sending = true;
    while (!this.#socket.closed && this.#next < this.#waiting.length) {
      const frames = this.#waiting[this.#next++];
      // No more are held that have been sent than wait, even where some always wait.
      if (this.#next * 2 >= this.#waiting.length) {
        this.#waiting = this.#waiting.slice(this.#next);
        this.#next = 0;
      }
      await this.#hand(frames);
      const size = sizeOf(frames);
      this.#bytes -= size;
      if (this.#isSlow) await this.#rest(size);
    }
    this.#sending = false;
  }

  async #hand(frames: Frames): Promise<void> {
    const start = performance.now();
    for (;;) {
      try {
        await this.#socket.send(frames);
        return;
      } catch (error) {
        // Sending fails for good once the client has gone, and then no one misses the message.
        if ((error as NodeJS.ErrnoException).code !== "EAGAIN" || this.#socket.closed) return;
        this.#onStall((performance.now() - start) / 1000);
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  async #rest(size: number): Promise<void> {
    const now = performance.now();
    this.#nextAt = Math.max(now, this.#nextAt) + 1 / SLOW_MESSAGES_PER_MS + size / SLOW_BYTES_PER_MS;
    const wait = this.#nextAt - now;
    if (wait >= RETRY_MS) await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

function sizeOf(frames: Frames): number {
  return frames.reduce((sum, frame) => sum + frame.length, 0);
}
