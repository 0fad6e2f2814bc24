import { tf } from "./engine/backend";
import { compile, feed, repeat, type CompiledStep } from "./engine/compile";
import { accuracyOf, type Network } from "./network";
import type { Optimizer } from "./optimizers";
import { randomStream, type RandomStream } from "./random";

/** Images and labels as tensors: `x` `[count, 784]` with values 0 … 1, `t` `[count]` int32. */
export interface Examples {
  x: tf.Tensor;
  t: tf.Tensor;
  count: number;
}

/** `loss` is taken after each update on its own batch; an accuracy at each epoch point on its whole set. */
export type Measurement = "loss" | keyof typeof SETS;

/** Which set an accuracy is taken on. */
const SETS = { trainAccuracy: "train", validationAccuracy: "validation", testAccuracy: "test" } as const;

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

export interface TrainerOptions {
  /** Images in a mini-batch, drawn with replacement. */
  batchSize: number;
  /** Updates to make. Give this or `epochs`. */
  iterations?: number;
  /** Points at which accuracies are taken, one every `images / batchSize` updates (rounded down), the first after one update. */
  epochs?: number;
  /** What to write down. */
  record: Measurement[];
  /** Of the mini-batches. */
  seed: number;
}

/**
 * The chapter's training loop: draw a mini-batch, compute the gradient, update, and write down how it goes.
 *
 * Call `step()` once for each of its `iterations`; what was recorded is in `history`.
 */
export class Trainer {
  /** Updates that training consists of. */
  readonly iterations: number;
  readonly history: History = {
    iterations: 0,
    loss: [],
    trainAccuracy: [],
    validationAccuracy: [],
    testAccuracy: [],
    divergedAt: null,
  };
  protected done = 0;
  protected readonly batches: RandomStream;
  private readonly updatesPerEpoch: number;
  private readonly withLoss: boolean;
  private readonly evaluated: { measurement: keyof typeof SETS; set: Examples }[];
  protected readonly compiled: CompiledStep<tf.Tensor[]>[] = [];

  constructor(
    protected readonly network: Network,
    protected readonly optimizer: Optimizer,
    private readonly sets: { train: Examples; validation?: Examples; test?: Examples },
    private readonly options: TrainerOptions,
  ) {
    const { batchSize, iterations, epochs, record, seed } = options;
    this.updatesPerEpoch = Math.max(Math.floor(sets.train.count / batchSize), 1);
    this.iterations = iterations ?? (epochs! - 1) * this.updatesPerEpoch + 1;
    this.batches = randomStream(seed, "batches");
    this.withLoss = record.includes("loss");
    this.evaluated = [...new Set(record)].flatMap((measurement) =>
      measurement === "loss" ? [] : [{ measurement, set: sets[SETS[measurement]]! }],
    );
  }

  /** Updates after which everything is recorded. */
  get recorded(): number {
    return this.done;
  }

  /** One update, and whatever is to be recorded after it. A network whose weights are no longer finite is left alone. */
  step(): void {
    this.steps(1);
  }

  /**
   * The updates up to the next epoch point, but at most so many, each with what is to be recorded after it. Once
   * compiled they are a single graph, which does not stop where training diverges; its history does.
   * @returns how many they were; 0 when training is over.
   */
  steps(most: number): number {
    const { done, updatesPerEpoch, options } = this;
    if (done >= this.iterations) return 0;
    const epochPoint = options.epochs === undefined ? Infinity : Math.ceil(done / updatesPerEpoch) * updatesPerEpoch;
    this.done = Math.min(done + most, this.iterations, epochPoint + 1);
    this.makeUpdates(this.done - done);
    if (this.done > epochPoint) this.takeAccuracies();
    return this.done - done;
  }

  private makeUpdates(count: number): void {
    const { network, history, withLoss } = this;
    tf.tidy(() => {
      const made = history.divergedAt === null ? repeat(count, this.update) : [];
      for (let i = 0; i < count; i++) {
        const counts = history.divergedAt === null;
        if (counts) history.iterations++;
        if (withLoss) history.loss.push(counts ? this.finite(network.lossFrom(made[i][0])) : null);
      }
    });
  }

  /** At an epoch point. */
  protected takeAccuracies(): void {
    const { history, evaluated } = this;
    tf.tidy(() => {
      const [sums, ...guesses] = history.divergedAt === null ? this.examine(...evaluated.map(({ set }) => set.x)) : [];
      if (sums) this.check(sums);
      const counts = history.divergedAt === null;
      evaluated.forEach(({ measurement, set }, i) => {
        history[measurement].push(counts ? accuracyOf(guesses[i], set.t) : null);
      });
    });
  }

  private update = (): tf.Tensor[] => {
    const { network, optimizer, sets, options, batches } = this;
    const { x, t } = miniBatch(sets.train, options.batchSize, batches);
    optimizer.update(network.params, network.gradient(x, t));
    return this.withLoss ? [network.lossTerms(x, t)] : [];
  };

  /** The parameters' sums, which tell whether training has diverged, and the guesses for some images. */
  private examine = (...images: tf.Tensor[]): tf.Tensor[] => {
    const { network } = this;
    return [network.sums(), ...images.map((x) => network.guess(x))];
  };

  /** Notes that training has diverged if one of the network's sums is not finite. */
  protected check(sums: tf.Tensor): void {
    this.finite(sums.dataSync<"float32">().reduce((a, b) => a + b));
  }

  /** The value, or `null` and a note that training has diverged. */
  private finite(value: number): number | null {
    if (Number.isFinite(value)) return value;
    this.history.divergedAt ??= this.history.iterations;
    return null;
  }

  /**
   * From now on updates and guesses run as graphs: the same results in half the time. Meant for networks and update
   * rules whose steps differ in nothing but what they `feed`, as this library's do.
   */
  compile(): this {
    this.compiled.push((this.update = compile(this.update)), (this.examine = compile(this.examine)));
    return this;
  }

  /** Frees the few numbers that the graphs keep. */
  dispose(): void {
    for (const step of this.compiled) step.dispose();
  }
}

/** `size` rows of a set, drawn with replacement: what a step learns from. The caller frees both tensors. */
export function miniBatch(
  { x, t, count }: Examples,
  size: number,
  stream: RandomStream,
): { x: tf.Tensor; t: tf.Tensor } {
  return tf.tidy(() => {
    const rows = feed(() =>
      tf.tensor1d(
        new Int32Array(size).map(() => stream.integer(count)),
        "int32",
      ),
    );
    return { x: tf.gather(x, rows), t: tf.gather(t, rows) };
  });
}
