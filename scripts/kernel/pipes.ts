// The pipes that are the kernel's standard output and error: what child processes and native code write; see start.sh.
import { constants, openSync, readSync } from "node:fs";
import { join } from "node:path";
import type { StreamName } from "./messages.js";

const NAMES: readonly StreamName[] = ["stdout", "stderr"];

export class Pipes {
  readonly #pipes: { name: StreamName; file: number }[];
  readonly #buffer = Buffer.alloc(1 << 16);

  /** @param folder where the pipes lie; undefined if there are none */
  constructor(folder: string | undefined) {
    this.#pipes = NAMES.flatMap((name) => {
      if (folder === undefined) return [];
      return [{ name, file: openSync(join(folder, name), constants.O_RDONLY | constants.O_NONBLOCK) }];
    });
  }

  /**
   * Takes out what has been written.
   * @returns whether that was anything
   */
  read(onBytes: (name: StreamName, bytes: Uint8Array) => void): boolean {
    let found = false;
    for (const { name, file } of this.#pipes)
      for (let count; (count = this.#readFrom(file)) > 0; found = true)
        onBytes(name, Uint8Array.prototype.slice.call(this.#buffer, 0, count));
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
