import { createHash, randomUUID } from "node:crypto";
import { lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { deserialize, serialize } from "node:v8";
import { printable } from "../printable";
import type { Prefix } from "./checkpoint";
import { runKey } from "./key";
import { mostBytesOf, parsePrefix } from "./parse-prefix";
import { updatesOf, type RunSpec } from "./spec";

/** Bumped with the shape of what is written. */
const FORMAT = 1;

/** The oldest checkpoints go when all together take more: those of searches that nobody came back to. */
const MOST_BYTES = 2 ** 30;

/** Bytes of the SHA-256 that a file begins with. */
const DIGEST_BYTES = 32;

/**
 * The checkpoints of long runs that are under way, one file for each under {@link runKey}, so that a run continues after its
 * program was killed.
 *
 * A file is written whole and then renamed. One that is damaged, or was written for another run, by another version or on
 * another kind of processor, is ignored with a warning, and the run begins from its first update: it never leads to another
 * history than that of a run trained in one piece. Nothing here throws: a run is worth more than its checkpoints.
 */
export class CheckpointFolder {
  private warned = false;

  /**
   * @param everyMs how long a run trains between two checkpoints, at least: one of figure 6-24's network with Adam is
   * 1.5 MB and takes 7 to 14 ms.
   */
  constructor(
    readonly folder: string,
    readonly everyMs = 5000,
    private readonly mostBytes = MOST_BYTES,
  ) {}

  /** The part of this run that was trained before it was interrupted. */
  get(spec: RunSpec): Prefix | undefined {
    const file = this.fileOf(spec);
    try {
      const prefix = parsePrefix(spec, decode(read(file, mostBytesOf(spec)), identityOf(spec)));
      console.log(`A run continues after ${prefix.checkpoint.done} of ${updatesOf(spec)} updates, from ${file}`);
      return prefix;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code !== "ENOENT")
        console.warn(`${file} cannot be used (${printable(message)}): its run begins from the first update.`);
      return undefined;
    }
  }

  /** Replaces the run's checkpoint. */
  set(spec: RunSpec, prefix: Prefix): void {
    const partial = `${this.fileOf(spec)}.${randomUUID()}.partial`;
    try {
      mkdirSync(this.folder, { recursive: true });
      writeFileSync(partial, encode(prefix, identityOf(spec)));
      renameSync(partial, this.fileOf(spec));
      this.makeRoom();
    } catch (error) {
      remove(partial);
      if (!this.warned)
        console.warn(`No checkpoints can be kept in ${this.folder}: ${printable((error as Error).message)}`);
      this.warned = true;
    }
  }

  /** Removes what was kept of a run, and what a killed program left half-written of it. */
  delete(spec: RunSpec): void {
    for (const { name, path } of this.files()) if (name.startsWith(runKey(spec))) remove(path);
  }

  private makeRoom(): void {
    let bytes = 0;
    for (const { path, size } of this.files().sort((a, b) => b.writtenMs - a.writtenMs)) {
      bytes += size;
      if (bytes > this.mostBytes) remove(path);
    }
  }

  private files(): { name: string; path: string; size: number; writtenMs: number }[] {
    try {
      return readdirSync(this.folder).flatMap((name) => {
        const path = join(this.folder, name);
        const stat = lstatSync(path, { throwIfNoEntry: false }); // another process may have removed it
        return stat ? [{ name, path, size: stat.size, writtenMs: stat.mtimeMs }] : [];
      });
    } catch {
      return []; // nothing has been kept yet
    }
  }

  private fileOf(spec: RunSpec): string {
    return join(this.folder, runKey(spec));
  }
}

/** Which run a checkpoint belongs to, and where it was made: other processors round differently. */
function identityOf(spec: RunSpec): string {
  const processor = [process.arch, cpus()[0]?.model, process.env.ONEDNN_MAX_CPU_ISA];
  return JSON.stringify([FORMAT, runKey(spec), ...processor]);
}

/** @throws if there is no file, which reading might wait for, or one of more bytes. */
function read(path: string, mostBytes: number): Buffer {
  const stat = statSync(path);
  if (!stat.isFile()) throw new Error("it is not a file");
  if (stat.size > mostBytes) throw new Error(`it is too large: ${stat.size} bytes, at most ${mostBytes} are expected`);
  return readFileSync(path);
}

function encode(prefix: Prefix, identity: string): Buffer {
  const content = serialize({ identity, prefix });
  return Buffer.concat([digest(content), content]);
}

/** @throws saying what is wrong with the bytes. */
function decode(bytes: Buffer, identity: string): unknown {
  const content = bytes.subarray(DIGEST_BYTES);
  if (!digest(content).equals(bytes.subarray(0, DIGEST_BYTES))) throw new Error("it is damaged");
  const found = deserialize(content) as Partial<Record<"identity" | "prefix", unknown>> | null | undefined;
  if (found?.identity !== identity) throw new Error("it is of another run, version or processor");
  return found.prefix;
}

function remove(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // It stays until there is no more room for it, and does no harm.
  }
}

const digest = (content: Buffer) => createHash("sha256").update(content).digest();
