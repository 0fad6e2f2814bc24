import { z } from "zod";
import { checked, count, namesIn, seed } from "./checked";
import { changing } from "./engine/changing";
import { compile, type Step } from "./engine/compile";
import { tf } from "./engine/backend";
import { bytesOf } from "./engine/bytes";
import { tested, wordFor } from "./engine/pure";
import type { Network } from "./network";
import type { Optimizer } from "./optimizers";
import { UpdateRule } from "./optimizers/optimizer";
import "./parts";
import { randomStream, type RandomStream } from "./random";

/** Images and labels as tensors: `x` `[count, 784]` with values 0 … 1, `t` `[count]` int32. */
export interface Examples {
  x: tf.Tensor;
  t: tf.Tensor;
  count: number;
}

/** `loss` is taken after each update on its own batch; an accuracy at epoch points, or once at the end, on its whole set. */
export type Measurement = "loss" | Accuracy;

type Accuracy = keyof typeof SETS;

/** The set on which each accuracy is taken. */
export const SETS = { trainAccuracy: "train", validationAccuracy: "validation", testAccuracy: "test" } as const;

/** At epoch points, or once at the end, 0 … 1; `null` once the weights are no longer finite. */
type Accuracies = Record<Accuracy, (number | null)[]>;

/** The record of a run: numbers only, so that it can be stored, sent and compared as JSON. */
export interface History extends Accuracies {
  /** Updates made. */
  iterations: number;
  /** After each update; `null` where it is not finite. */
  loss: (number | null)[];
  /** The update after which the weights or the loss were first found not to be finite, or `null`. */
  divergedAt: number | null;
}

/** How long training lasts: for a number of updates, or of epoch points, but not both. */
export type Schedule = {
  /** Images in a mini-batch, drawn with replacement. */
  batchSize: number;
  /** Number of updates. */
  iterations?: number;
  /**
   * Number of epoch points, at which accuracies are taken: the first after one update, then one every `images / batchSize`
   * updates, rounded down. With `iterations` they are taken once, after the last update.
   */
  epochs?: number;
  /**
   * Takes accuracies only at the first epoch point and at every `evaluateEvery`-th after it. It must divide `epochs - 1`,
   * so that they are taken at the last point, too. Unless the loss is recorded, divergence is noticed only where accuracies
   * are taken.
   */
  evaluateEvery?: number;
} & ({ iterations: number } | { epochs: number });

const PURE_UPDATE = "Declare it with pure(…) if what differs from call to call comes from changing(() => …).";

const emptyHistory = (): History => ({
  iterations: 0,
  loss: [],
  ...(Object.fromEntries(Object.keys(SETS).map((accuracy) => [accuracy, []])) as unknown as Accuracies),
  divergedAt: null,
});

export type TrainerOptions = Schedule & {
  /** What to record. */
  record: Measurement[];
  /** Seeds what is drawn at random. */
  seed: number;
};

/** The fields of a {@link Schedule}, and what is recorded; each only for itself. */
export const trainingFields = {
  batchSize: count(),
  iterations: count().optional(),
  epochs: count().optional(),
  evaluateEvery: count().optional(),
  record: z
    .array(namesIn({ loss: 0, ...SETS }))
    .refine((names) => new Set(names).size === names.length, "expected each measurement once"),
  seed,
};

/** Adds what these fields must be together. */
export function consistent<Schema extends z.ZodObject<typeof trainingFields>>(schema: Schema): Schema {
  return schema
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
    });
}

const trainerOptions = consistent(z.strictObject(trainingFields));

/** Updates between two epoch points, which see about as many images as there are. */
function updatesPerEpoch(images: number, batchSize: number): number {
  return Math.max(Math.floor(images / batchSize), 1);
}

/** The number of updates in training on a set of `images` images. */
export function updatesOf({ batchSize, iterations, epochs }: Schedule, images: number): number {
  return iterations ?? (epochs! - 1) * updatesPerEpoch(images, batchSize) + 1;
}

/**
 * The chapter's training loop: draw a mini-batch, compute the gradient, update, record.
 *
 * Call `step()` `iterations` times; `history` holds what was recorded.
 */
export class Trainer {
  /** Updates in all. */
  readonly iterations: number;
  /** Updates made so far. */
  done = 0;
  readonly history = emptyHistory();
  readonly batches: RandomStream;

  /**
   * @throws TypeError naming each option, or hyperparameter of the rule, that is missing, unknown or out of range; an Error
   * if a set is missing, or is not what the network takes.
   */
  constructor(
    readonly network: Network,
    readonly optimizer: Optimizer,
    readonly sets: { train: Examples; validation?: Examples; test?: Examples },
    readonly options: TrainerOptions,
  ) {
    checked(trainerOptions, options, "Trainer");
    if (optimizer instanceof UpdateRule) optimizer.checkHyperparameters();
    for (const set of [
      "train",
      ...options.record.filter((what) => what !== "loss").map((what) => SETS[what]),
    ] as const) {
      const examples = sets[set];
      if (!examples) throw new Error(`Trainer: ${set}Accuracy needs sets.${set}; give it, or record something else`);
      const x = bytesOf(examples) ?? examples.x;
      network.checkExamples({ x, t: examples.t }, `Trainer: sets.${set}`);
      if (examples.count !== x.shape[0])
        throw new Error(`Trainer: sets.${set}: expected the count ${x.shape[0]}, got ${examples.count}`);
    }
    this.iterations = updatesOf(options, sets.train.count);
    this.batches = randomStream(options.seed, "batches");
    tested(this.update); // a subclass's own is set after this
  }

  /** The accuracies that are recorded, each with the examples that it is taken on. */
  get evaluated(): { measurement: Accuracy; set: Examples }[] {
    return evaluatedIn(this.options.record, this.sets);
  }

  /** One update, and the measurements due after it. A network that has diverged is no longer updated. */
  step(): void {
    const { done, iterations } = this;
    if (done >= iterations) return;
    tf.tidy(() => this.noteUpdate(this.hasDiverged ? [] : this.update()));
    if (done === nextMeasured(this)) {
      this.checkWeights();
      this.takeAccuracies();
    }
    this.done++;
  }

  /** Draws a mini-batch and updates the network. Returns the terms of its new loss if that is recorded. */
  update: Step<[]> = () => {
    const { network, optimizer, sets, options, batches } = this;
    const { x, t } = miniBatch(sets.train, options.batchSize, batches);
    optimizer.update(network.params, network.gradient(x, t));
    return options.record.includes("loss") ? [network.lossTerms(x, t)] : [];
  };

  noteUpdate([terms]: tf.Tensor[]): void {
    const { network, history, options } = this;
    if (!this.hasDiverged) history.iterations++;
    if (options.record.includes("loss"))
      history.loss.push(this.hasDiverged ? null : this.finite(network.lossFrom(terms)));
  }

  /** The sum of a parameter is finite only if all its values are. */
  sums: Step<[]> = () => [tf.stack(Object.values(this.network.params).map((W) => W.sum()))];

  checkWeights(sums = this.sums): void {
    if (!this.hasDiverged) this.finite(total(sums));
  }

  takeAccuracies(
    accuracies = this.hasDiverged ? [] : this.evaluated.map(({ set: { x, t } }) => this.network.accuracy(x, t)),
  ): void {
    this.evaluated.forEach(({ measurement }, i) => this.history[measurement].push(accuracies[i] ?? null));
  }

  get hasDiverged(): boolean {
    return this.history.divergedAt !== null;
  }

  /** The value; or `null` if it is not finite, which is noted as divergence. */
  private finite(value: number): number | null {
    if (Number.isFinite(value)) return value;
    this.history.divergedAt ??= this.history.iterations;
    return null;
  }

  /**
   * From now on each update runs as one graph: the same results in half the time. An `update` that somebody else has written
   * goes on as it is written, with a warning, unless it is declared `pure`.
   */
  compile(): this {
    if ("times" in this.update) return this;
    if (!wordFor(this.update)) {
      const { name } = this.constructor;
      console.warn(
        `compile: ${name}.update is not known to do the same at each call, so it runs as written. ${PURE_UPDATE}`,
      );
      return this;
    }
    this.update = compile(this.update, this.network, this.optimizer, this.options, this.sets, this.parts);
    return this;
  }

  /** What training works with, as it is when it is read: somebody may replace it. */
  private get parts(): object {
    const read = (name: keyof Trainer) => ({ enumerable: true, get: () => this[name] });
    return Object.defineProperties(
      {},
      {
        network: read("network"),
        optimizer: read("optimizer"),
        options: read("options"),
        sets: read("sets"),
        batches: read("batches"),
      },
    );
  }
}

/** The accuracies among some measurements, each with its set. */
function evaluatedIn(record: Measurement[], sets: Trainer["sets"]): Trainer["evaluated"] {
  return [...new Set(record)].flatMap((measurement) =>
    measurement === "loss" ? [] : [{ measurement, set: sets[SETS[measurement]]! }],
  );
}

function total(step: Step<[]>): number {
  const [sums] = tf.tidy(() => step().map((tensor) => tensor.dataSync<"float32">()));
  return sums.reduce((a, b) => a + b);
}

/** The number, from 0, of the update after which a trainer takes accuracies next. */
export function nextMeasured({ done, iterations, sets, options, evaluated }: Trainer): number {
  if (options.epochs === undefined) return evaluated.length > 0 ? iterations - 1 : Infinity;
  const between = updatesPerEpoch(sets.train.count, options.batchSize) * (options.evaluateEvery ?? 1);
  return Math.ceil(done / between) * between;
}

/**
 * `size` rows of a set, drawn with replacement. The caller frees both tensors.
 * @throws if `size` is no whole number from 1 on, or if the set has been disposed.
 */
export function miniBatch(examples: Examples, size: number, stream: RandomStream): { x: tf.Tensor; t: tf.Tensor } {
  checked(trainingFields.batchSize, size, "miniBatch: size");
  const { t, count: images } = examples;
  const bytes = bytesOf(examples);
  if ((bytes ?? examples.x).isDisposed || t.isDisposed) throw new Error("miniBatch: the set has been disposed");
  return tf.tidy(() => {
    let places = new Int32Array(size);
    const rows = changing(() => {
      places = places.map(() => stream.integer(images));
      return tf.tensor1d(places, "int32");
    });
    return { x: bytes ? bytes.rows(() => places) : tf.gather(examples.x, rows), t: tf.gather(t, rows) };
  });
}
