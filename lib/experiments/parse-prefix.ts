import { z } from "zod";
import type { NetworkSpec } from "../network";
import { SETS } from "../trainer";
import type { Prefix } from "./checkpoint";
import { updatesOf, type RunSpec } from "./spec";

const count = z.int().min(0);

/**
 * An array of at most so many elements. Its length is looked at first: a few bytes of a file can stand for an array of four
 * thousand million.
 */
const list = <T>(most: number, isElement: (element: unknown) => boolean) =>
  z.custom<T[]>((value) => Array.isArray(value) && value.length <= most && Array.from(value).every(isElement));

const isShare = (value: unknown) => value === null || (isNumber(value) && value >= 0 && value <= 1);
const isNumber = (value: unknown): value is number => Number.isFinite(value);
const isSize = (value: unknown) => isNumber(value) && Number.isInteger(value) && value > 0;

const stream = z.strictObject({
  // From zeros no other number comes.
  generator: list<number>(4, Number.isInteger).refine((state) => state.length === 4 && state.some(Boolean)),
  spare: z.number().optional(),
});

const snapshot = z.record(
  z.string(),
  z
    .strictObject({ shape: list<number>(2, isSize), values: z.instanceof(Float32Array) })
    .refine(({ shape, values }) => values.length === product(shape)),
);

const prefixOf = (updates: number) =>
  z.strictObject({
    history: z.strictObject({
      iterations: count,
      loss: list<number | null>(updates, (value) => value === null || isNumber(value)),
      trainAccuracy: list<number | null>(updates, isShare),
      validationAccuracy: list<number | null>(updates, isShare),
      testAccuracy: list<number | null>(updates, isShare),
      divergedAt: count.nullable(),
    }),
    checkpoint: z.strictObject({
      done: count,
      iterations: count,
      divergedAt: count.nullable(),
      variables: snapshot,
      memory: z.strictObject({ steps: count, variables: snapshot }).optional(),
      batches: stream,
      masks: stream,
    }),
  });

/**
 * Checks that a value from a file is a part of this run that training can continue from.
 * @returns the value.
 * @throws saying that it is not.
 */
export function parsePrefix(spec: RunSpec, value: unknown): Prefix {
  const parsed = prefixOf(updatesOf(spec)).safeParse(value);
  if (!parsed.success || !fits(spec, parsed.data)) throw new Error("it holds no part of this run");
  return parsed.data;
}

/**
 * More bytes than any part of this run takes: room for its variables, for seven of a rule's for each of them, for all that it
 * may record, and for names.
 */
export function mostBytesOf(spec: RunSpec): number {
  const values = [...shapesOf(spec.network).values()].reduce((sum, shape) => sum + product(shape), 0);
  return 8 * Float32Array.BYTES_PER_ELEMENT * values + 4 * 16 * updatesOf(spec) + 2 ** 20;
}

function fits(spec: RunSpec, { history, checkpoint }: Prefix): boolean {
  const { done, iterations, divergedAt, variables, memory } = checkpoint;
  const lengthFits = (what: keyof typeof SETS) => history[what].length <= (spec.record.includes(what) ? done : 0);
  const shapes = shapesOf(spec.network);
  return (
    done <= updatesOf(spec) &&
    iterations <= done &&
    (divergedAt ?? 0) <= iterations &&
    history.iterations === iterations &&
    history.divergedAt === divergedAt &&
    history.loss.length === (spec.record.includes("loss") ? done : 0) &&
    (Object.keys(SETS) as (keyof typeof SETS)[]).every(lengthFits) &&
    Object.keys(variables).length === shapes.size &&
    Object.entries(variables).every(([name, { shape }]) => isSame(shape, shapes.get(name))) &&
    // What a rule remembers of a parameter has its shape, and is called "velocity of W1".
    Object.entries(memory?.variables ?? {}).every(([name, { shape }]) =>
      isSame(shape, shapes.get(name.replace(/^.* of /, ""))),
    )
  );
}

/** The shape of each of a network's variables. */
function shapesOf({ inputSize, hiddenSizes, outputSize, batchNormalization }: NetworkSpec): Map<string, number[]> {
  const sizes = [inputSize, ...hiddenSizes, outputSize];
  const shapes = new Map<string, number[]>();
  sizes.slice(1).forEach((units, i) => shapes.set(`W${i + 1}`, [sizes[i], units]).set(`b${i + 1}`, [units]));
  for (const name of batchNormalization ? ["gamma", "beta", "runningMean", "runningVariance"] : [])
    hiddenSizes.forEach((units, i) => shapes.set(`${name}${i + 1}`, [units]));
  return shapes;
}

const product = (shape: number[]) => shape.reduce((a, b) => a * b, 1);

const isSame = (a: number[], b?: number[]) => a.join() === b?.join();
