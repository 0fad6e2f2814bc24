import { z } from "zod";
import { scales } from "../initializers";
import { activations } from "../layers";
import type { NetworkSpec } from "../network";
import * as rules from "../optimizers";
import type { LearningRateSchedule, Optimizer } from "../optimizers";
import type { UpdateRule } from "../optimizers/optimizer";
import { decays } from "../optimizers/schedule";
import { SETS, updatesOf as updatesOn, type Measurement } from "../trainer";
import { norms } from "../weight-decay";

/**
 * A training run as plain JSON. Equal specs give equal histories, to the last bit on one kind of
 * processor: every random number comes from a stream that is named after its purpose and seeded here.
 */
export interface RunSpec {
  data: DataSpec;
  network: NetworkSpec;
  optimizer: OptimizerSpec;
  /** Images in a mini-batch, drawn with replacement. */
  batchSize: number;
  /** Updates to make. Give this or `epochs`. */
  iterations?: number;
  /**
   * Epoch points: the first after one update, then one every `images / batchSize` updates (rounded down); training ends at
   * the last. Accuracies are taken at these. Give this or `iterations`.
   */
  epochs?: number;
  /**
   * Takes accuracies only at the first epoch point and at every `evaluateEvery`-th after it. It must divide `epochs - 1`,
   * so that the last point is among them.
   */
  evaluateEvery?: number;
  /** What goes into the history. With `iterations`, accuracies are taken once, after the last update. */
  record: Measurement[];
  /** Seeds the streams that draw the initial weights, the mini-batches and Dropout's masks. */
  seed: number;
}

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

const MOST_UPDATES = 10_000_000;

const count = (most: number) => z.int().min(1).max(most);
const share = z.number().min(0).lt(1);
const positive = z.number().positive().finite();
const decay = z.number().min(0).max(1e6);
const seed = z.int().min(0);

/** The hyperparameters of each update rule that a spec may give, in the order of the rule's constructor. */
const hyperparameters = {
  SGD: { learningRate: positive },
  Momentum: { learningRate: positive, momentum: share.optional() },
  Nesterov: { learningRate: positive, momentum: share.optional() },
  AdaGrad: { learningRate: positive },
  RMSProp: { learningRate: positive, decayRate: share.optional() },
  Adam: { learningRate: positive, beta1: share.optional(), beta2: share.optional() },
  AdamW: { learningRate: positive, beta1: share.optional(), beta2: share.optional(), weightDecay: decay.optional() },
};

type RuleName = keyof typeof hyperparameters;

/**
 * An update rule by its name, and its hyperparameters: `{ name: "Momentum", learningRate: 0.01, momentum: 0.9 }`. Its
 * learning rate is the same at all updates, unless there is a schedule:
 * `{ name: "SGD", learningRate: 0.1, schedule: { warmUp: 100, decay: "cosine", updates: 2000 } }`.
 */
export type OptimizerSpec = {
  [Name in RuleName]: { name: Name; schedule?: LearningRateSchedule } & z.infer<
    z.ZodObject<(typeof hyperparameters)[Name]>
  >;
}[RuleName];

/** The update rule that a spec describes. */
export function createOptimizer({ schedule, ...spec }: OptimizerSpec): Optimizer {
  const values = Object.keys(hyperparameters[spec.name]).map((key) => spec[key as keyof typeof spec]);
  const rule = new (rules[spec.name] as new (...values: unknown[]) => UpdateRule)(...values);
  if (schedule) rule.schedule = schedule;
  return rule;
}

const namesIn = <T extends object>(table: T) => z.enum(Object.keys(table) as (keyof T & string)[]);

const schedule = z
  .strictObject({
    warmUp: count(MOST_UPDATES).optional(),
    decay: namesIn(decays).optional(),
    updates: count(MOST_UPDATES).optional(),
  })
  .refine(({ decay, updates }) => (decay === undefined) === (updates === undefined), {
    path: ["updates"],
    message: "give a decay and the updates after which it has ended, or neither",
  })
  .refine(({ warmUp = 0, updates = Infinity }) => warmUp < updates, {
    path: ["warmUp"],
    message: "must end before the decay does",
  });

const optimizers = Object.entries(hyperparameters).map(([name, fields]) =>
  z.strictObject({ name: z.literal(name), ...fields, schedule: schedule.optional() }),
);

const spec = z
  .strictObject({
    data: z
      .strictObject({
        images: count(60_000),
        validation: z.int().min(0).max(59_999).optional(),
        shuffleSeed: seed.optional(),
      })
      .refine(({ images, validation = 0 }) => validation < images, {
        path: ["validation"],
        message: "must leave at least one image to train on",
      }),
    network: z.strictObject({
      inputSize: z.literal(784),
      hiddenSizes: z.array(count(4096)).max(32),
      outputSize: z.literal(10),
      activation: namesIn(activations).optional(),
      initialWeights: z.union([namesIn(scales), z.number().min(0).max(1e6)]).optional(),
      batchNormalization: z.enum(["before", "after"]).optional(),
      dropoutRate: share.optional(),
      invertedDropout: z.boolean().optional(),
      weightDecay: decay.optional(),
      weightDecayNorm: namesIn(norms).optional(),
    }),
    optimizer: z.discriminatedUnion(
      "name",
      optimizers as [(typeof optimizers)[0]],
    ) as unknown as z.ZodType<OptimizerSpec>,
    batchSize: count(60_000),
    iterations: count(MOST_UPDATES).optional(),
    epochs: count(100_000).optional(),
    evaluateEvery: count(100_000).optional(),
    record: z.array(namesIn({ loss: 0, ...SETS })).max(4),
    seed,
  })
  .refine(({ iterations, epochs }) => (iterations === undefined) !== (epochs === undefined), {
    path: ["iterations"],
    message: "give either iterations or epochs",
  })
  .refine(({ epochs, evaluateEvery }) => epochs !== undefined || evaluateEvery === undefined, {
    path: ["evaluateEvery"],
    message: "needs epochs",
  })
  .refine(({ epochs = 1, evaluateEvery = 1 }) => (epochs - 1) % evaluateEvery === 0, {
    path: ["evaluateEvery"],
    message: "must divide epochs - 1, so that accuracies are taken at the last point, too",
  })
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
  const parsed = spec.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "spec"}: ${message}`);
  throw new TypeError(`not a run's spec:\n  ${problems.join("\n  ")}`);
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
