// What child processes and native code print, on its way to the notebook.
import { appendFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { StringDecoder } from "node:string_decoder";
import type { StreamName } from "../messages.js";
import { Pipes } from "../pipes.js";
import type { RunningCell } from "./last-words.js";
import type { Received } from "./wire.js";

/** How often the pipes are read while a cell runs, and else. */
const BUSY_MS = 20;
const IDLE_MS = 250;
/** How V8, or Node, says that it ends the process. */
const LAST_WORDS = /FATAL ERROR|Fatal JavaScript|Fatal error in|<--- Last few GCs|^Node\.js v/m;

export class PipedOutput {
  readonly #folder: string | undefined;
  readonly #pipes: Pipes;
  readonly #onText: (name: StreamName, text: string) => void;
  /** A character may come in two parts. */
  readonly #decoders = { stdout: new StringDecoder(), stderr: new StringDecoder() };

  /** @param folder where the pipes lie; undefined if there are none */
  constructor(folder: string | undefined, onText: (name: StreamName, text: string) => void) {
    this.#folder = folder;
    this.#pipes = new Pipes(folder);
    this.#onText = onText;
  }

  /**
   * Reads again and again.
   * @param isBusy says whether a cell runs
   * @param takeMessages deals with what the main thread has sent before
   */
  listen(isBusy: () => boolean, takeMessages: () => void): void {
    if (this.#folder === undefined) return;
    takeMessages();
    const found = this.read();
    setTimeout(() => this.listen(isBusy, takeMessages), found ? 0 : isBusy() ? BUSY_MS : IDLE_MS);
  }

  /** Passes on what has been written. Returns whether that was anything. */
  read(): boolean {
    return this.#pipes.read((name, bytes) => this.add(name, bytes));
  }

  /** Passes on what has been read, here or by the main thread. */
  add(name: StreamName, bytes: Uint8Array): void {
    const text = this.#decoders[name].write(Buffer.from(bytes));
    // This thread dies, too, and with it what it has not sent yet.
    if (this.#folder !== undefined && LAST_WORDS.test(text)) appendFileSync(join(this.#folder, "last-words"), text);
    this.#onText(name, text);
  }

  /** Keeps whose cell runs, should the kernel die of it; see last-words.ts. */
  noteCell(request: Received | undefined): void {
    if (this.#folder === undefined) return;
    const file = join(this.#folder, "cell");
    if (!request) {
      rmSync(file, { force: true });
      return;
    }
    const identities = request.identities.map((identity) => identity.toString("base64"));
    writeFileSync(file, JSON.stringify({ header: request.header, identities } satisfies RunningCell));
  }
}
