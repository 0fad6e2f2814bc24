import { changing } from "./engine/changing";
import { compile, type Step } from "./engine/compile";
import { tf } from "./engine/backend";
import type { Network } from "./network";
import type { Optimizer } from "./optimizers";
import "./parts";
import { randomStream, type RandomStream } from "./random";

/** Images and labels as tensors: `x` `[count, 784]` with values 0 … 1, `t` `[count]` int32. */
export interface Examples {
  x: tf.Tensor;
  t: tf.Tensor;
  count: number;
}

/** `loss` is taken after each update on its own batch; an accuracy at each epoch point on its whole set. */
export type Measurement = "loss" | Accuracy;

type Accuracy = keyof typeof SETS;

/** Which set an accuracy is taken on. */
export const SETS = { trainAccuracy: "train", validationAccuracy: "validation", testAccuracy: "test" } as const;

/** What a run leaves: numbers only, so that it can be stored, sent and compared as JSON. */
export interface History {
  /** Updates made. */
  iterations: number;
  /** After each update; `null` where it is not finite. */
  loss: (number | null)[];
  /** At each epoch point, 0 … 1; `null` from the point on at which the weights are no longer finite. */
  trainAccuracy: (number | null)[];
  validationAccuracy: (number | null)[];
  testAccuracy: (number | null)[];
  /** Updates after which the weights or the loss were first seen not to be finite, or `null`. */
  divergedAt: number | null;
}

/** How long training lasts. */
export interface Schedule {
  /** Images in a mini-batch, drawn with replacement. */
  batchSize: number;
  /** Updates to make. Give this or `epochs`. */
  iterations?: number;
  /** Points at which accuracies are taken, one every `images / batchSize` updates (rounded down), the first after one update. */
  epochs?: number;
}

/** Nothing is written down yet. */
const emptyHistory = (): History => ({
  iterations: 0,
  loss: [],
  trainAccuracy: [],
  validationAccuracy: [],
  testAccuracy: [],
  divergedAt: null,
});

export interface TrainerOptions extends Schedule {
  /** What to write down. */
  record: Measurement[];
  /** Seeds the stream that draws the mini-batches. */
  seed: number;
}

/** The updates that go through about as many images as there are: the epoch points are so far apart. */
export function updatesPerEpoch(images: number, batchSize: number): number {
  return Math.max(Math.floor(images / batchSize), 1);
}

/** The updates that training on so many images consists of. */
export function updatesOf({ batchSize, iterations, epochs }: Schedule, images: number): number {
  return iterations ?? (epochs! - 1) * updatesPerEpoch(images, batchSize) + 1;
}

/**
 * The chapter's training loop: draw a mini-batch, compute the gradient, update, and write down how it goes.
 *
 * Call `step()` once for each of its `iterations`; what was recorded is in `history`.
 */
export class Trainer {
  /** Updates that training consists of. */
  readonly iterations: number;
  /** Updates made so far. */
  done = 0;
  readonly history = emptyHistory();
  readonly batches: RandomStream;
  /** The accuracies that are recorded, each with the examples that it is taken on. */
  readonly evaluated: { measurement: Accuracy; set: Examples }[];

  constructor(
    readonly network: Network,
    readonly optimizer: Optimizer,
    readonly sets: { train: Examples; validation?: Examples; test?: Examples },
    readonly options: TrainerOptions,
  ) {
    this.iterations = updatesOf(options, sets.train.count);
    this.batches = randomStream(options.seed, "batches");
    this.evaluated = evaluatedIn(options.record, sets);
  }

  /** One update, and what is to be recorded after it. A network whose weights are no longer finite is left alone. */
  step(): void {
    const { done, iterations, sets, options } = this;
    if (done >= iterations) return;
    tf.tidy(() => this.noteUpdate(this.hasDiverged ? [] : this.update()));
    if (options.epochs && done % updatesPerEpoch(sets.train.count, options.batchSize) === 0) {
      this.checkWeights();
      this.takeAccuracies();
    }
    this.done++;
  }

  /** Draws a mini-batch and updates the network. Returns what its loss is then, if that is to be recorded. */
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

  /** A parameter's sum is not finite as soon as one of its values is not. */
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

  /** The value, or `null` and a note that training has diverged. */
  private finite(value: number): number | null {
    if (Number.isFinite(value)) return value;
    this.history.divergedAt ??= this.history.iterations;
    return null;
  }

  /** From now on each update runs as one graph: the same results in half the time. */
  compile(): this {
    this.update = compile(this.update, this.network, this.optimizer);
    return this;
  }
}

function evaluatedIn(record: Measurement[], sets: Trainer["sets"]): Trainer["evaluated"] {
  return [...new Set(record)].flatMap((measurement) =>
    measurement === "loss" ? [] : [{ measurement, set: sets[SETS[measurement]]! }],
  );
}

function total(step: Step<[]>): number {
  const [sums] = tf.tidy(() => step().map((tensor) => tensor.dataSync<"float32">()));
  return sums.reduce((a, b) => a + b);
}

/** `size` rows of a set, drawn with replacement: what a step learns from. The caller frees both tensors. */
export function miniBatch(
  { x, t, count }: Examples,
  size: number,
  stream: RandomStream,
): { x: tf.Tensor; t: tf.Tensor } {
  return tf.tidy(() => {
    const rows = changing(() =>
      tf.tensor1d(
        new Int32Array(size).map(() => stream.integer(count)),
        "int32",
      ),
    );
    return { x: tf.gather(x, rows), t: tf.gather(t, rows) };
  });
}
