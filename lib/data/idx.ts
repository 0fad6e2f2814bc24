import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { basename, dirname } from "node:path";
import { constants, gunzipSync } from "node:zlib";
import { DataError, exists, fileSize, readStart } from "./file";

/** The array of unsigned bytes in an IDX file. */
export interface IdxArray {
  /** The file that was read, which may be the one with `.gz`. */
  file: string;
  /** `[images, rows, columns]` or `[labels]`. */
  shape: number[];
  /** All values, the last dimension varying fastest. */
  values: Uint8Array;
}

/** What a file's header announces. */
interface Header {
  shape: number[];
  /** Bytes before the first value. */
  length: number;
  /** Bytes of the whole file, unzipped. */
  total: number;
}

/**
 * The most values of an array, 1 GiB. EMNIST, the largest set in this format, has 697,932 × 784, about half as many; as
 * numbers they take four times their bytes. Larger sizes most likely come from a damaged header.
 */
const MOST_VALUES = 2 ** 30;

/** Bytes of a gzipped file that are unzipped to see its array's header. Deflate makes at most 1,032 of each: 4 MiB. */
const ZIPPED_START = 4096;

/**
 * Reads an IDX file of unsigned bytes, the format in which MNIST was published: two zero bytes, a type (8 is
 * unsigned byte), the number of dimensions, the size of each as a big-endian 32-bit integer, then the values.
 *
 * The header is read first, and then no more than it announces, so that no file, gzipped or not, fills the memory.
 *
 * @param file path without `.gz`; if there is no such file, the gzipped one beside it is read.
 * @param dimensions the number that the array must have.
 * @param sha256 the hash of the file's bytes in hexadecimal, if known.
 * @throws DataError if the file is missing, truncated, too long, of another type, or does not match the SHA-256.
 */
export function readIdx(file: string, dimensions: number, sha256?: string): IdxArray {
  const found = [file, `${file}.gz`].find(exists);
  if (found === undefined) {
    const reason = existsSync(dirname(file)) ? "data/README.md says where to get it" : "its folder is missing";
    throw new DataError(file, `no such file, nor ${basename(file)}.gz; ${reason}`);
  }
  const read = found.endsWith(".gz") ? readZipped : readPlain;
  const { header, bytes, stored } = read(found, dimensions);
  if (header.shape.includes(0))
    throw new DataError(found, `expected at least one value, found ${arrayOf(header.shape)}`);

  if (sha256 !== undefined) {
    const actual = createHash("sha256").update(stored).digest("hex");
    if (actual !== sha256)
      throw new DataError(
        found,
        `expected SHA-256 ${sha256}, found ${actual}: damaged or changed; install it again, as data/README.md says`,
      );
  }
  const values = new Uint8Array(bytes.buffer, bytes.byteOffset + header.length, bytes.length - header.length);
  return { file: found, shape: header.shape, values };
}

interface Contents {
  header: Header;
  /** As many as the header announces. */
  bytes: Buffer;
  /** The bytes on the disk. */
  stored: Buffer;
}

function readPlain(file: string, dimensions: number): Contents {
  const header = parseHeader(file, readStart(file, headerLength(dimensions)), dimensions);
  const size = fileSize(file); // asked first, since the file may be larger than the memory
  if (size !== header.total) throw wrongLength(file, header, size);
  const bytes = readStart(file, size);
  if (bytes.length !== size) throw wrongLength(file, header, bytes.length); // cut off meanwhile
  return { header, bytes, stored: bytes };
}

function readZipped(file: string, dimensions: number): Contents {
  const header = parseHeader(file, unzipStart(file, headerLength(dimensions)), dimensions);
  // What can't be compressed becomes longer by a few bytes in each block: far less than twice as long.
  const most = 2 * header.total + 2 ** 16;
  const size = fileSize(file);
  if (size > most) {
    throw new DataError(
      file,
      `expected at most ${most} gzipped bytes for ${arrayOf(header.shape)}, found ${size}: something was added`,
    );
  }
  const stored = readStart(file, size);
  const bytes = unzip(file, stored, header);
  if (bytes.length !== header.total) throw wrongLength(file, header, bytes.length);
  return { header, bytes, stored };
}

function parseHeader(file: string, start: Buffer, dimensions: number): Header {
  const magic = 0x0800 + dimensions;
  const length = headerLength(dimensions);
  if (start.length >= 4 && start.readUInt32BE(0) !== magic) {
    throw new DataError(
      file,
      `expected magic number ${hex(magic)} (IDX, unsigned bytes, ${dimensions} dimensions), found ${hex(start.readUInt32BE(0))}${isGzip(start) ? zippedHint(file) : ""}`,
    );
  }
  if (start.length < length)
    throw new DataError(file, `expected a header of ${length} bytes, found ${start.length} bytes in all: truncated`);

  const shape = Array.from({ length: dimensions }, (_, i) => start.readUInt32BE(4 + 4 * i));
  const values = shape.reduce((product, size) => product * size, 1);
  if (values > MOST_VALUES) {
    throw new DataError(
      file,
      `expected at most ${MOST_VALUES} values, found a header for ${arrayOf(shape)}: damaged, or too large`,
    );
  }
  return { shape, length, total: length + values };
}

const headerLength = (dimensions: number) => 4 + 4 * dimensions;

const zippedHint = (file: string) =>
  file.endsWith(".gz")
    ? "; the file is gzipped twice: unzip it once"
    : "; the file is gzipped: give it a name that ends in .gz";

/** @param found undefined if it is only known to be more than the header announces. */
function wrongLength(file: string, { shape, total }: Header, found?: number): DataError {
  const verdict = found !== undefined && found < total ? "truncated" : "something was added";
  return new DataError(
    file,
    `expected ${total} bytes for ${arrayOf(shape)}, found ${found ?? `more than ${total}`}: ${verdict}`,
  );
}

const isGzip = (bytes: Buffer) => bytes.length >= 2 && bytes.readUInt16BE(0) === 0x1f8b;

/** The first bytes of what is in a gzipped file, at least `length` if it has as many. */
function unzipStart(file: string, length: number): Buffer {
  const stored = readStart(file, ZIPPED_START);
  if (!isGzip(stored)) {
    throw new DataError(
      file,
      `expected gzip, which starts with 1f 8b, found ${stored.toString("hex", 0, 2) || "an empty file"}; leave .gz out of the name if it is not gzipped`,
    );
  }
  let start: Buffer;
  try {
    start = gunzipSync(stored, { finishFlush: constants.Z_SYNC_FLUSH });
  } catch (error) {
    throw notUnzipped(file, error as Error);
  }
  if (start.length < length && stored.length === ZIPPED_START) {
    throw new DataError(
      file,
      `expected a header of ${length} bytes in the first ${ZIPPED_START} gzipped ones, found ${start.length}`,
    );
  }
  return start;
}

/** All that is in a gzipped file, unless it is more than the header announces. */
function unzip(file: string, stored: Buffer, header: Header): Buffer {
  try {
    // In one piece, with room for one byte too many: joining zlib's usual pieces of 16 KiB takes time and memory.
    return gunzipSync(stored, { maxOutputLength: header.total, chunkSize: Math.max(64, header.total + 1) });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw code === "ERR_BUFFER_TOO_LARGE" ? wrongLength(file, header) : notUnzipped(file, error as Error);
  }
}

const notUnzipped = (file: string, { message }: Error) =>
  new DataError(file, `can't be unzipped: ${message}; truncated or damaged`);

const arrayOf = (shape: number[]) => `an array of [${shape.join(", ")}]`;

const hex = (value: number) => `0x${value.toString(16).padStart(8, "0")}`;
