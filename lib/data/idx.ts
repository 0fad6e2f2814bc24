import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { gunzipSync } from "node:zlib";

/** A data file is missing, damaged or not what it should be. */
export class DataError extends Error {
  /**
   * @param file its path.
   * @param problem what was expected and what was found.
   */
  constructor(
    readonly file: string,
    problem: string,
  ) {
    super(`${file}: ${problem}`);
    this.name = "DataError";
  }
}

/** The array of unsigned bytes in an IDX file. */
export interface IdxArray {
  /** The file that was read, which may be the one with `.gz`. */
  file: string;
  /** `[images, rows, columns]` or `[labels]`. */
  shape: number[];
  /** All values, the last dimension varying fastest. */
  values: Uint8Array;
}

/**
 * Reads an IDX file of unsigned bytes, the format in which MNIST was published: two zero bytes, a type (8 is
 * unsigned byte), the number of dimensions, the size of each as a big-endian 32-bit integer, then the values.
 *
 * @param file path without `.gz`; if there is no such file, the gzipped one beside it is read.
 * @param dimensions the number that the array must have.
 * @param sha256 the hash of the file's bytes in hexadecimal, if known.
 * @throws DataError if the file is missing, truncated, too long, of another type, or does not match the SHA-256.
 */
export function readIdx(file: string, dimensions: number, sha256?: string): IdxArray {
  const found = [file, `${file}.gz`].find((name) => existsSync(name));
  if (found === undefined)
    throw new DataError(file, `no such file, nor ${basename(file)}.gz; data/README.md says where to get it`);
  const stored = readFile(found);
  const bytes = found.endsWith(".gz") ? gunzip(found, stored) : stored;

  const magic = 0x0800 + dimensions;
  const header = 4 + 4 * dimensions;
  if (bytes.length >= 4 && bytes.readUInt32BE(0) !== magic) {
    const gzipped = bytes.readUInt16BE(0) === 0x1f8b ? "; the file is gzipped: give it a name that ends in .gz" : "";
    throw new DataError(
      found,
      `expected magic number ${hex(magic)} (IDX, unsigned bytes, ${dimensions} dimensions), found ${hex(bytes.readUInt32BE(0))}${gzipped}`,
    );
  }
  if (bytes.length < header)
    throw new DataError(found, `expected a header of ${header} bytes, found ${bytes.length} bytes in all: truncated`);

  const shape = Array.from({ length: dimensions }, (_, i) => bytes.readUInt32BE(4 + 4 * i));
  const expected = header + shape.reduce((product, size) => product * size, 1);
  if (bytes.length !== expected) {
    const verdict = bytes.length < expected ? "truncated" : "something was added";
    throw new DataError(
      found,
      `expected ${expected} bytes for an array of [${shape.join(", ")}], found ${bytes.length}: ${verdict}`,
    );
  }
  if (shape.includes(0))
    throw new DataError(found, `expected at least one value, found an array of [${shape.join(", ")}]`);

  if (sha256 !== undefined) {
    const actual = createHash("sha256").update(stored).digest("hex");
    if (actual !== sha256)
      throw new DataError(
        found,
        `expected SHA-256 ${sha256}, found ${actual}: damaged or changed; install it again, as data/README.md says`,
      );
  }
  return { file: found, shape, values: new Uint8Array(bytes.buffer, bytes.byteOffset + header, bytes.length - header) };
}

/** A whole file. @throws DataError with the system's reason if it can't be read. */
export function readFile(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new DataError(file, `can't be read: ${(error as Error).message}`);
  }
}

function gunzip(file: string, bytes: Buffer): Buffer {
  if (bytes.length < 2 || bytes.readUInt16BE(0) !== 0x1f8b) {
    throw new DataError(
      file,
      `expected gzip, which starts with 1f 8b, found ${bytes.toString("hex", 0, 2) || "an empty file"}; leave .gz out of the name if it is not gzipped`,
    );
  }
  try {
    return gunzipSync(bytes);
  } catch (error) {
    throw new DataError(file, `can't be unzipped: ${(error as Error).message}; truncated or damaged`);
  }
}

const hex = (value: number) => `0x${value.toString(16).padStart(8, "0")}`;
