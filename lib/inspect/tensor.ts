/**
 * Tensors the way NumPy shows arrays: shape, type and values in columns, without the middle if there are many.
 * Only values that are shown are read.
 */
import { extent, max, min } from "d3-array";
import { inspect, stripVTControlCharacters, type InspectOptionsStylized } from "node:util";
import { native, tf } from "../engine/backend";
import { unrecorded } from "../engine/changing";

/** Values shown of a tensor unless `maxArrayLength` says otherwise: as many as Node shows of an array. */
const MAX_VALUES = 100;

/** Values shown of a tensor nested so deep that Node would only name its class. */
const MAX_VALUES_DEEP = 6;

/** Ways to shorten the axes, of which the first that leaves few enough values is taken: an axis longer than `whole`
 * keeps `ends` places at each end. */
const SHORTENED = [
  { whole: 10, ends: 3 },
  { whole: 6, ends: 3 },
  { whole: 4, ends: 2 },
  { whole: 2, ends: 1 },
];

/** Characters in a line, enough for ten fractions, one for each of MNIST's classes. */
const LINE_LENGTH = 96;

/** Significant digits of the largest number in a tensor of fractions; the others have as many decimals. */
const DIGITS = 5;

export function tensorText(tensor: tf.Tensor, depth: number, options: InspectOptionsStylized): string {
  const { shape, dtype } = tensor;
  const name = tensor instanceof tf.Variable ? variableName(tensor) : "Tensor";
  const head = `${name} [${shape.join(", ")}] ${dtype}`;
  if (tensor.isDisposed) return `${head}, ${options.stylize("disposed", "special")}`;
  if (depth < 0) options = { ...options, compact: true, maxArrayLength: MAX_VALUES_DEEP };
  const most = options.maxArrayLength ?? (options.maxArrayLength === null ? Infinity : MAX_VALUES);
  if (most <= 0 && shape.length > 0) return `${head} […]`;
  if (tensor.size === 0) return `${head} []`;
  const places = shownPlaces(shape, most);
  let values: Value[];
  try {
    values = unrecorded(() => read(tensor, places));
  } catch (error) {
    return `${head}, not readable: ${(error as Error).message}`;
  }
  const lines = layOut(write(values, dtype), places, dtype, options);
  if (options.compact === true) return `${head} ${lines.map((line) => line.trimStart()).join(" ")}`;
  const oneLine = lines.length === 1 && head.length + stripVTControlCharacters(lines[0]).length < LINE_LENGTH;
  return oneLine ? `${head} ${lines[0]}` : [head, ...lines.map((line) => `  ${line}`)].join("\n");
}

/** A variable without a name of its own has a number, which is not worth showing. */
function variableName({ name, trainable }: tf.Variable): string {
  return `Variable ${/^\d+$/.test(name) ? "" : `'${name}' `}(${trainable ? "" : "not "}trainable)`;
}

type Value = number | boolean | string | Complex;
type Complex = { real: number; imaginary: number };

/** The places shown on each axis: all, or the first and the last ones. */
function shownPlaces(shape: number[], most: number): number[][] {
  const ways = [{ whole: Infinity, ends: 0 }, ...SHORTENED];
  const length = (size: number, { whole, ends }: (typeof ways)[number]) => (size <= whole ? size : 2 * ends);
  const way =
    ways.find((way) => shape.reduce((product, size) => product * length(size, way), 1) <= most) ?? ways.at(-1)!;
  return shape.map((size) =>
    size <= way.whole ? range(0, size) : [...range(0, way.ends), ...range(size - way.ends, size)],
  );
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

/** The values at these places, row by row. */
function read(tensor: tf.Tensor, places: number[][]): Value[] {
  const shortened = places
    .map((axis, i) => ({ axis: i, places: axis, left: tensor.shape[i] - axis.length }))
    .filter(({ left }) => left > 0)
    .sort((a, b) => b.left - a.left);
  if (shortened.length === 0) return valuesOf(tensor);
  if (inJavaScript(tensor)) {
    const { strides, shape } = tensor;
    // tfjs omits the last stride, which is 1.
    const offsets = places.reduce<number[]>(
      (offsets, axis, i) =>
        offsets.flatMap((offset) => axis.map((place) => offset + place * (i < shape.length - 1 ? strides[i] : 1))),
      [0],
    );
    return valuesOf(tensor, offsets);
  }
  const engine = tf.engine();
  // Pretends to be inside an operation, so that the tape of a gradient does not record this.
  engine.state.kernelDepth++;
  try {
    return tf.tidy(() => {
      let part = tensor;
      for (const { axis, places } of shortened) {
        const indices = tf.tensor1d(places, "int32");
        // tf.gather itself refuses strings.
        part = engine.runKernel("GatherV2", { x: part, indices }, { axis, batchDims: 0 });
      }
      return valuesOf(part);
    });
  } finally {
    engine.state.kernelDepth--;
  }
}

/** Whether a tensor can be read without copying: values from JavaScript go to TensorFlow only when it needs them. */
function inJavaScript({ dataId }: tf.Tensor): boolean {
  if (tf.getBackend() !== "tensorflow") return tf.getBackend() === "cpu"; // WebAssembly copies all of them
  const { tensorMap } = native!;
  return !tensorMap.has(dataId) || tensorMap.get(dataId).values !== null;
}

/** The values of a tensor, or those at these offsets. */
function valuesOf(tensor: tf.Tensor, offsets?: number[]): Value[] {
  const { dtype, size } = tensor;
  const data: ArrayLike<number | string> = tensor.dataSync<tf.DataType>();
  return (offsets ?? range(0, size)).map((i) => {
    if (dtype === "bool") return Boolean(data[i]);
    if (dtype === "complex64") return { real: Number(data[2 * i]), imaginary: Number(data[2 * i + 1]) };
    return data[i];
  });
}

/** Each value as text. Numbers have the same number of decimals, or all an exponent. */
function write(values: Value[], dtype: tf.DataType): string[] {
  if (dtype === "string") return values.map((value) => inspect(value, { maxStringLength: 40, breakLength: Infinity }));
  if (dtype === "bool") return values.map(String);
  const numbers = values.flatMap((value) =>
    typeof value === "object" ? [value.real, value.imaginary] : [value as number],
  );
  const number = dtype === "int32" ? String : numberFormat(numbers);
  return values.map((value) => {
    if (typeof value !== "object") return number(value as number);
    const imaginary = number(value.imaginary);
    return `${number(value.real)}${imaginary.startsWith("-") ? "" : "+"}${imaginary}i`;
  });
}

/** As NumPy: exponents if numbers are very large or small, or differ by more than three orders of magnitude. */
function numberFormat(numbers: number[]): (value: number) => string {
  const sizes = numbers.filter((value) => Number.isFinite(value) && value !== 0).map(Math.abs);
  const [least, most] = extent(sizes) as [number, number];
  const whole = sizes.every(Number.isInteger);
  if (whole && (sizes.length === 0 || most < 1e8)) return (value) => (Object.is(value, -0) ? "-0" : String(value));

  const exponential = most >= 1e8 || least < 1e-4 || most / least > 1e3;
  const decimals = exponential ? DIGITS - 1 : Math.min(Math.max(DIGITS - 1 - Math.floor(Math.log10(most)), 1), 8);
  const digits = (value: number, decimals: number) =>
    exponential ? value.toExponential(decimals) : value.toFixed(decimals);
  // Trailing zeros that all numbers have are left out.
  const zeros = min(sizes, (value) => /0*$/.exec(digits(value, decimals).replace(/e.*/, ""))![0].length)!;
  return (value) => {
    if (!Number.isFinite(value)) return String(value);
    return (Object.is(value, -0) ? "-" : "") + digits(value, decimals - Math.min(zeros, decimals));
  };
}

/** The values in nested brackets, line by line; in columns if there are several rows. */
function layOut(texts: string[], places: number[][], dtype: tf.DataType, options: InspectOptionsStylized): string[] {
  const color = dtype === "string" ? "string" : dtype === "bool" ? "boolean" : "number";
  if (places.length === 0) return [options.stylize(texts[0], color)];

  const line = LINE_LENGTH - 2 * places.length;
  const last = places.at(-1)!;
  const columns = texts.length > last.length || texts.join(", ").length > line;
  const width = columns ? max(texts, ({ length }) => length)! : 0;
  const perLine = options.compact === true || !columns ? Infinity : Math.max(Math.floor(line / (width + 2)), 1);
  const cell = (text: string) => " ".repeat(Math.max(width - text.length, 0)) + options.stylize(text, color);

  let next = 0;
  const block = (axis: number): string[] => {
    const isLast = axis === places.length - 1;
    const items: string[][] = [];
    places[axis].forEach((place, i, all) => {
      if (i > 0 && place !== all[i - 1] + 1) items.push(["…"]);
      items.push(isLast ? [cell(texts[next++])] : block(axis + 1));
    });
    const separated = items.map((lines, i) =>
      i < items.length - 1 ? [...lines.slice(0, -1), `${lines.at(-1)},`] : lines,
    );
    const lines = isLast ? inLines(separated.flat(), perLine) : separated.flat();
    return lines.map((line, i) => `${i === 0 ? "[" : " "}${line}${i === lines.length - 1 ? "]" : ""}`);
  };
  return block(0);
}

/** Joins words into lines of `perLine`. */
function inLines(words: string[], perLine: number): string[] {
  const each = Math.min(perLine, words.length);
  return range(0, Math.ceil(words.length / each)).map((i) => words.slice(i * each, (i + 1) * each).join(" "));
}
