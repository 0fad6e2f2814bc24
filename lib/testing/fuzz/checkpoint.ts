import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deserialize, serialize } from "node:v8";
import type { Prefix } from "../../experiments/checkpoint";
import { CheckpointFolder } from "../../experiments/checkpoint-folder";
import { runKey } from "../../experiments/key";
import { updatesOf, type RunSpec } from "../../experiments/spec";
import type { RandomStream } from "../../random";
import { damaged } from "../damage";

const DIGEST_BYTES = 32;

const spec: RunSpec = {
  data: { images: 500, validation: 100 },
  network: { inputSize: 784, hiddenSizes: [2, 3], outputSize: 10, batchNormalization: "before", dropoutRate: 0.2 },
  optimizer: { name: "Momentum", learningRate: 0.01 },
  batchSize: 100,
  epochs: 6,
  record: ["loss", "validationAccuracy"],
  seed: 1,
};

/** A checkpoint's file that is damaged, forged or replaced is ignored with a warning, or holds what training needs. */
export default function checkpoint(stream: RandomStream): void {
  const folder = mkdtempSync(join(tmpdir(), "fuzz-checkpoint-"));
  const { log, warn } = console;
  let warnings = 0;
  console.log = () => {};
  console.warn = () => warnings++;
  try {
    const checkpoints = new CheckpointFolder(folder);
    const prefix = prefixOf(stream);
    checkpoints.set(spec, prefix);
    const isForged = change(stream, join(folder, runKey(spec)));
    const found = checkpoints.get(spec);
    assert.equal(warnings, found ? 0 : 1);
    if (found && isForged) assertUsable(found, prefix);
    else if (found) assert.deepEqual(found, prefix);
    checkpoints.set(spec, prefix); // makes good whatever is not a folder
    checkpoints.delete(spec);
  } finally {
    Object.assign(console, { log, warn });
    rmSync(folder, { recursive: true });
  }
}

function prefixOf(stream: RandomStream): Prefix {
  const done = 9;
  const tensor = (...shape: number[]) => ({ shape, values: stream.normals(shape.reduce((a, b) => a * b)) });
  const sizes = [784, 2, 3, 10];
  const params: Prefix["checkpoint"]["variables"] = {};
  const statistics: typeof params = {};
  for (const [i, units] of sizes.slice(1).entries()) {
    Object.assign(params, { [`W${i + 1}`]: tensor(sizes[i], units), [`b${i + 1}`]: tensor(units) });
    if (units === 10) break;
    Object.assign(params, { [`gamma${i + 1}`]: tensor(units), [`beta${i + 1}`]: tensor(units) });
    Object.assign(statistics, { [`runningMean${i + 1}`]: tensor(units), [`runningVariance${i + 1}`]: tensor(units) });
  }
  const velocities = Object.entries(params).map(([name, { shape }]) => [`velocity of ${name}`, tensor(...shape)]);
  return {
    history: {
      iterations: done,
      loss: Array.from({ length: done }, () => stream.uniform()),
      trainAccuracy: [],
      validationAccuracy: [0.1, 0.2, 0.3],
      testAccuracy: [],
      divergedAt: null,
    },
    checkpoint: {
      done,
      iterations: done,
      divergedAt: null,
      variables: { ...params, ...statistics },
      memory: { steps: done, variables: Object.fromEntries(velocities) },
      batches: stream.state(),
      masks: stream.state(),
    },
  };
}

/** Returns whether the file's digest is right nevertheless. */
function change(stream: RandomStream, file: string): boolean {
  const bytes = readFileSync(file);
  const content = bytes.subarray(DIGEST_BYTES);
  switch (stream.integer(4)) {
    case 0:
      writeFileSync(file, damaged(stream, bytes));
      return false;
    case 1:
      writeFileSync(file, signed(damaged(stream, content)));
      return true;
    case 2: {
      const whole = { whole: deserialize(content) as unknown };
      replaceOne(stream, whole);
      writeFileSync(file, signed(serialize(whole.whole)));
      return true;
    }
    default:
      replaceFile(stream, file);
      return false;
  }
}

const signed = (content: Buffer) => Buffer.concat([createHash("sha256").update(content).digest(), content]);

/** Puts something else in the place of one part, anywhere inside. */
function replaceOne(stream: RandomStream, inside: object): void {
  const parts = inside as Record<string, unknown>;
  const names = Object.keys(parts);
  const name = names[stream.integer(names.length)];
  const part = parts[name];
  const isParent = typeof part === "object" && part !== null && Object.keys(part).length > 0;
  if (isParent && !(part instanceof Float32Array) && stream.integer(6) > 0) return replaceOne(stream, part);
  const others = [
    ...[undefined, null, NaN, Infinity, -1, 0.5, 3, 2 ** 31, 2n ** 70n, true, "", "W1", {}, [], [[]], new Map(), /x/],
    ...[new Float32Array(3), new Float64Array(4), new Date(NaN), new Array<number>(2 ** 32 - 1), new Error("\x1b[2J")],
  ];
  parts[name] = others[stream.integer(others.length)];
}

function replaceFile(stream: RandomStream, file: string): void {
  if (stream.integer(5) === 0) return truncateSync(file, 2 ** 32 + stream.integer(2 ** 30)); // sparse
  rmSync(file);
  const places = ["/dev/zero", "/dev/tty", file, tmpdir()];
  const place = stream.integer(places.length + 1);
  if (place < places.length) symlinkSync(places[place], file);
  else mkdirSync(file);
}

/** Nobody can tell whether the numbers are the right ones; but training does not stumble over them. */
function assertUsable({ history, checkpoint }: Prefix, original: Prefix): void {
  assert.deepEqual(lengthsOf(checkpoint.variables), lengthsOf(original.checkpoint.variables));
  assert.ok(checkpoint.done >= 0 && checkpoint.done <= updatesOf(spec));
  assert.equal(history.loss.length, checkpoint.done);
  for (const [name, { values }] of Object.entries(checkpoint.memory?.variables ?? {}))
    assert.equal(values.length, original.checkpoint.variables[name.split(" of ")[1]].values.length);
}

const lengthsOf = (variables: Prefix["checkpoint"]["variables"]) =>
  Object.fromEntries(Object.entries(variables).map(([name, { values }]) => [name, values.length]));
