import { z } from "zod";
import type { NetworkSpec } from "../network";
import { SETS } from "../trainer";
import type { Prefix } from "./checkpoint";
import { updatesOf, type RunSpec } from "./spec";

const count = z.int().min(0);
const numbers = z.array(z.number().nullable());
const accuracies = z.array(z.number().min(0).max(1).nullable());

const stream = z.strictObject({
  generator: z
    .array(z.int())
    .length(4)
    .refine((state) => state.some((part) => part !== 0)), // from zeros no other number comes
  spare: z.number().optional(),
});

const snapshot = z.record(
  z.string(),
  z
    .strictObject({ shape: z.array(z.int().min(1)), values: z.instanceof(Float32Array) })
    .refine(({ shape, values }) => values.length === shape.reduce((product, size) => product * size, 1)),
);

const prefix = z.strictObject({
  history: z.strictObject({
    iterations: count,
    loss: numbers,
    trainAccuracy: accuracies,
    validationAccuracy: accuracies,
    testAccuracy: accuracies,
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
  const parsed = prefix.safeParse(value);
  if (!parsed.success || !fits(spec, parsed.data)) throw new Error("it holds no part of this run");
  return parsed.data;
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

const isSame = (a: number[], b?: number[]) => a.join() === b?.join();
