import { closeSync, lstatSync, openSync, readSync, statSync, type Stats } from "node:fs";

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

/**
 * Whether something has that name, even if it is a link that leads nowhere.
 * @throws DataError if the system does not say, because of a permission for instance.
 */
export function exists(file: string): boolean {
  return asked(file, () => lstatSync(file, { throwIfNoEntry: false })) !== undefined;
}

/**
 * The size of a regular file in bytes. Anything else is refused before it is opened: opening a pipe waits for a writer,
 * and some devices never end.
 * @throws DataError if there is no such file, or if it is not a regular one.
 */
export function fileSize(file: string): number {
  const stats = asked(file, () => statSync(file, { throwIfNoEntry: false }));
  if (stats?.isFile()) return stats.size;
  if (!stats && !exists(file)) throw new DataError(file, "no such file");
  throw new DataError(file, `expected a regular file, found ${stats ? kindOf(stats) : "a link that leads nowhere"}`);
}

/**
 * The first bytes of a regular file: `most`, or all if it has fewer.
 * @throws DataError as `fileSize` does, or with the system's reason if it can't be read.
 */
export function readStart(file: string, most: number): Buffer {
  const length = Math.min(most, fileSize(file));
  return asked(file, () => {
    const bytes = Buffer.allocUnsafeSlow(length);
    const descriptor = openSync(file, "r");
    try {
      let end = 0;
      for (let read = -1; read !== 0 && end < length; end += read) {
        read = readSync(descriptor, bytes, end, length - end, end);
      }
      return bytes.subarray(0, end);
    } finally {
      closeSync(descriptor);
    }
  });
}

/**
 * A whole file.
 * @param most the size in bytes from which on it can't be what it should be, and is not read.
 * @throws DataError if it is larger or can't be read.
 */
export function readFile(file: string, most: number): Buffer {
  const size = fileSize(file);
  if (size > most) throw new DataError(file, `expected at most ${most} bytes, found ${size}`);
  return readStart(file, size);
}

function asked<T>(file: string, system: () => T): T {
  try {
    return system();
  } catch (error) {
    throw new DataError(file, `can't be read: ${(error as Error).message}`);
  }
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return "a folder";
  if (stats.isFIFO()) return "a pipe";
  return stats.isSocket() ? "a socket" : "a device";
}
