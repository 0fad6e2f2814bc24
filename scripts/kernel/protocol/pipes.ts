// What child processes and native code write to standard output and error, which are pipes; see ../start.sh.
import { constants, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { StringDecoder } from "node:string_decoder";
import type { StreamName } from "../messages.js";

const NAMES: readonly StreamName[] = ["stdout", "stderr"];
/** While a cell runs, and else. */
const BUSY_MS = 20;
const IDLE_MS = 250;

export class Pipes {
  readonly #pipes: { name: StreamName; file: number; decoder: StringDecoder }[];
  readonly #onText: (name: StreamName, text: string) => void;
  readonly #buffer = Buffer.alloc(1 << 16);

  /** @param folder where the pipes lie; undefined if there are none */
  constructor(folder: string | undefined, onText: (name: StreamName, text: string) => void) {
    this.#onText = onText;
    this.#pipes = NAMES.flatMap((name) => {
      if (folder === undefined) return [];
      const file = openSync(join(folder, name), constants.O_RDONLY | constants.O_NONBLOCK);
      return [{ name, file, decoder: new StringDecoder() }];
    });
  }

  /**
   * Reads again and again.
   * @param isBusy says whether a cell runs
   */
  listen(isBusy: () => boolean): void {
    if (this.#pipes.length === 0) return;
    const found = this.read();
    setTimeout(() => this.listen(isBusy), found ? 0 : isBusy() ? BUSY_MS : IDLE_MS);
  }

  /** Passes on what has been written. Returns whether that was anything. */
  read(): boolean {
    let found = false;
    for (const { name, file, decoder } of this.#pipes) {
      for (let bytes; (bytes = this.#readFrom(file)) > 0; found = true)
        this.#onText(name, decoder.write(this.#buffer.subarray(0, bytes)));
    }
    return found;
  }

  #readFrom(file: number): number {
    try {
      return readSync(file, this.#buffer);
    } catch {
      return 0; // empty
    }
  }
}
