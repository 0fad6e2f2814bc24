import { z } from "zod";
import { checked, count, positive, seed } from "../checked";
import { networkSpec, type NetworkSpec } from "../network";
import * as rules from "../optimizers";
import type { LearningRateSchedule, Optimizer } from "../optimizers";
import { hyperparameters } from "../optimizers/hyperparameters";
import type { UpdateRule } from "../optimizers/optimizer";
import { consistent, SETS, trainingFields, updatesOf as updatesOn, type TrainerOptions } from "../trainer";

/**
 * A training run as plain JSON. Equal specs give equal histories, to the last bit on one kind of
 * processor: every random number comes from a stream that is named after its purpose and seeded here.
 */
export type RunSpec = TrainerOptions & {
  data: DataSpec;
  network: NetworkSpec;
  optimizer: OptimizerSpec;
};

/** Which of MNIST's 60,000 training images a run uses. The 10,000 test images are always all used. */
export interface DataSpec {
  /** How many of the first training images to use. */
  images: number;
  /** How many of those to set apart for validation, from the beginning. */
  validation?: number;
  /** Shuffles the images before the validation images are set apart. */
  shuffleSeed?: number;
}

/** The most weights that a network may have, and the most values of its hidden units for a batch or an evaluated set. */
const MOST_WEIGHTS = 2 ** 24;
const MOST_VALUES = 2 ** 26;

/** A worker takes runs from anyone who can reach its queue. */
const MOST_SECONDS = 2 * 24 * 3600;

const { momentum, decayRate, beta1, beta2, weightDecay, schedule } = hyperparameters;
const learningRate = positive;

/** The hyperparameters of each update rule that a spec may give, in the order of the rule's constructor. */
const rulesWith = {
  SGD: { learningRate },
  Momentum: { learningRate, momentum },
  Nesterov: { learningRate, momentum },
  AdaGrad: { learningRate },
  RMSProp: { learningRate, decayRate },
  Adam: { learningRate, beta1, beta2 },
  AdamW: { learningRate, beta1, beta2, weightDecay },
};

type RuleName = keyof typeof rulesWith;

/**
 * An update rule by its name, and its hyperparameters: `{ name: "Momentum", learningRate: 0.01, momentum: 0.9 }`. Its
 * learning rate is the same at all updates, unless there is a schedule:
 * `{ name: "SGD", learningRate: 0.1, schedule: { warmUp: 100, decay: "cosine", updates: 2000 } }`.
 */
export type OptimizerSpec = {
  [Name in RuleName]: { name: Name; schedule?: LearningRateSchedule } & z.infer<z.ZodObject<(typeof rulesWith)[Name]>>;
}[RuleName];

/**
 * The update rule that a spec describes.
 * @throws TypeError naming each field that is missing, unknown or out of range.
 */
export function createOptimizer(described: OptimizerSpec): Optimizer {
  const { schedule, ...spec } = checked(optimizer, described, "createOptimizer");
  const values = Object.keys(rulesWith[spec.name]).map((key) => spec[key as keyof typeof spec]);
  const rule = new (rules[spec.name] as new (...values: unknown[]) => UpdateRule)(...values);
  if (schedule) rule.schedule = schedule;
  return rule;
}

const optimizers = Object.entries(rulesWith).map(([name, fields]) =>
  z.strictObject({ name: z.literal(name), ...fields, schedule }),
);

const optimizer = z.discriminatedUnion(
  "name",
  optimizers as [(typeof optimizers)[0]],
  `expected one of ${Object.keys(rulesWith).join(", ")}`,
) as unknown as z.ZodType<OptimizerSpec>;

const spec = consistent(
  z.strictObject({
    ...trainingFields,
    data: z
      .strictObject({
        images: count(60_000),
        validation: count(59_999, 0).optional(),
        shuffleSeed: seed.optional(),
      })
      .refine(({ images, validation = 0 }) => validation < images, {
        path: ["validation"],
        message: "must leave at least one image to train on",
      }),
    network: networkSpec.extend({
      inputSize: z.literal(784, "expected 784, the pixels of an image"),
      hiddenSizes: z.array(count(4096)).max(32, "expected at most 32 layers"),
      outputSize: z.literal(10, "expected 10, one for each digit"),
    }),
    optimizer,
    batchSize: count(60_000),
    iterations: count(10_000_000).optional(),
    epochs: count(100_000).optional(),
    evaluateEvery: count(100_000).optional(),
  }),
)
  .refine(({ data, record }) => !record.includes("validationAccuracy") || (data.validation ?? 0) > 0, {
    path: ["data", "validation"],
    message: "validationAccuracy needs validation images",
  })
  .refine(({ network }) => weights(network) <= MOST_WEIGHTS, {
    path: ["network", "hiddenSizes"],
    message: `more than ${MOST_WEIGHTS} weights`,
  })
  .refine((run) => values(run) <= MOST_VALUES, {
    path: ["network", "hiddenSizes"],
    message: `more than ${MOST_VALUES} values of hidden units for one batch or evaluated set; take fewer units or images`,
  })
  .refine((run) => !(secondsOf(run as RunSpec) > MOST_SECONDS), {
    message: "takes more than two days on one core; take fewer updates, units or images",
  });

function weights({ inputSize, hiddenSizes, outputSize }: NetworkSpec): number {
  const sizes = [inputSize, ...hiddenSizes, outputSize];
  return sizes.slice(1).reduce((sum, units, i) => sum + sizes[i] * units, 0);
}

function values({
  network,
  data,
  batchSize,
  record,
}: Pick<RunSpec, "network" | "data" | "batchSize" | "record">): number {
  const evaluated = record.some((what) => what !== "loss") ? data.images : 0;
  const images = Math.max(batchSize, evaluated, record.includes("testAccuracy") ? imageCounts(data).test : 0);
  return images * network.hiddenSizes.reduce((sum, units) => sum + units, 0);
}

/**
 * Checks a spec before anything runs: it may come from a file or over the network.
 * @returns the spec.
 * @throws TypeError naming each field that is missing, unknown or out of range.
 */
export function parseRunSpec(value: unknown): RunSpec {
  return checked(spec, value, "spec") as RunSpec;
}

/** How many images there are in each of a run's sets. */
export function imageCounts({ images, validation = 0 }: DataSpec): Record<"train" | "validation" | "test", number> {
  return { train: images - validation, validation, test: 10_000 };
}

/** The updates that a run makes, unless its weights stop being finite. */
export function updatesOf({ data, ...schedule }: RunSpec): number {
  return updatesOn(schedule, imageCounts(data).train);
}

/** How often a run takes accuracies: at some of its epoch points, or once at the end. */
export function evaluationsOf({ epochs = 1, evaluateEvery = 1 }: RunSpec): number {
  return (epochs - 1) / evaluateEvery + 1;
}

/** About how many multiplications a run makes. A core makes some 5e10 a second. */
export function multiplications(spec: RunSpec): number {
  const { data, network, batchSize, record } = spec;
  const updated = updatesOf(spec) * batchSize;
  const counts = imageCounts(data);
  const evaluated = record.map((what) => (what === "loss" ? updated : evaluationsOf(spec) * counts[SETS[what]]));
  // Backward takes two products where forward takes one.
  return weights(network) * evaluated.reduce((sum, images) => sum + images, 3 * updated);
}

/**
 * About how many seconds a run takes on one core, at most. Small products are nothing beside the copying of images and of
 * each unit's values, and beside calling operations: with batches of 60,000 images an update of a single unit took 0.34 s
 * (here 0.29), one of 32 layers of two units with Dropout and batch normalization 1.26 s (1.22).
 */
function secondsOf(spec: RunSpec): number {
  const { network, batchSize, data, record } = spec;
  const { hiddenSizes, inputSize, batchNormalization, dropoutRate = 0 } = network;
  const units = hiddenSizes.reduce((sum, each) => sum + each, 0);
  const passes = 5 + (batchNormalization ? 20 : 0) + (dropoutRate > 0 ? 15 : 0);
  const counts = imageCounts(data);
  const evaluated = record.map((what) => (what === "loss" ? 0 : evaluationsOf(spec) * counts[SETS[what]]));
  const images = evaluated.reduce((sum, each) => sum + each, updatesOf(spec) * batchSize);
  const calls = updatesOf(spec) * (hiddenSizes.length + 1);
  return multiplications(spec) / 5e10 + images * (inputSize + passes * units) * 6e-9 + calls * 1e-4;
}
