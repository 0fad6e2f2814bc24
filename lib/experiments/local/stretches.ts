/**
 * A run in stretches, which several processes take in turns: whoever has trained a stretch hands the network over,
 * and takes the accuracies on the way while another process trains the next one.
 */
import { tf } from "../../engine/backend";
import { compile } from "../../engine/compile";
import type { Network, NetworkState } from "../../network";
import type { MemoryState, Optimizer } from "../../optimizers";
import type { StreamState } from "../../random";
import { Trainer, type History, type TrainerOptions } from "../../trainer";
import { updatesOf, type RunSpec } from "../spec";

/** A part of a run. */
export interface Stretch {
  /** Where the stretch before has left training; none before the first. */
  start?: TrainingState;
  /** The updates from the run's first on after which it ends. */
  end: number;
  /** Called with where training stands there, and waited for before accuracies are taken. */
  onTrained?: (state: TrainingState) => Promise<void>;
}

/** All that it takes to go on with training elsewhere, to the last bit. */
export interface TrainingState {
  done: number;
  iterations: number;
  divergedAt: number | null;
  network: NetworkState;
  memory?: MemoryState;
  batches: StreamState;
}

/** Multiplications that are worth a stretch: some 0.2 s, where to begin one takes 0.02 s. */
const WORTH = 1e10;

/** Epoch points in a stretch: the weights at each are kept until training has come to its end. */
const MOST_POINTS = 100;

/** The length of the first stretch, for which other processes wait, compared with the others'. */
const FIRST = 1 / 4;

/**
 * After how many updates the stretches of a run end: a short one and so many of equal length, more if they were to keep
 * too many weights, fewer if they were not worth it.
 */
export function stretchEnds(spec: RunSpec, wanted: number): number[] {
  const updates = updatesOf(spec);
  const count = Math.min(
    Math.max(wanted, Math.ceil((spec.epochs ?? 0) / MOST_POINTS)),
    Math.floor(multiplications(spec) / WORTH),
  );
  if (count < 2) return [updates];
  return Array.from({ length: count + 1 }, (_, i) => Math.round((updates * (FIRST + i)) / (FIRST + count)));
}

/** About how many a run makes. */
function multiplications(spec: RunSpec): number {
  const { data, network, batchSize, epochs = 0, record } = spec;
  const sizes = [network.inputSize, ...network.hiddenSizes, network.outputSize];
  const forward = sizes.slice(1).reduce((sum, units, i) => sum + sizes[i] * units, 0);
  const updated = updatesOf(spec) * batchSize;
  const { images, validation = 0 } = data;
  const evaluated = {
    loss: updated,
    trainAccuracy: epochs * (images - validation),
    validationAccuracy: epochs * validation,
    testAccuracy: epochs * 10_000,
  };
  // Backward takes two products where forward takes one.
  return forward * record.reduce((sum, measurement) => sum + evaluated[measurement], 3 * updated);
}

/** Trains a stretch first, as another process waits for where it ends, and takes the accuracies afterwards. */
export class StretchTrainer extends Trainer {
  /** The epoch points that are not measured yet, and the network's variables there unless it has diverged. */
  private points: { done: number; variables?: tf.Tensor[] }[] = [];
  private sums = () => [this.network.sums()];

  constructor(
    network: Network,
    optimizer: Optimizer,
    sets: ConstructorParameters<typeof Trainer>[2],
    options: TrainerOptions,
    { start, end }: Stretch,
  ) {
    super(network, optimizer, sets, { ...options, iterations: end });
    if (!start) return;
    const { done, iterations, divergedAt } = start;
    this.done = done;
    Object.assign(this.history, { iterations, divergedAt });
    network.restore(start.network);
    if (start.memory) optimizer.memory!.restore(start.memory);
    this.batches.restore(start.batches);
  }

  override get recorded(): number {
    return this.points[0]?.done ?? this.done;
  }

  /** Where training stands. */
  state(): TrainingState {
    const { done, network, optimizer, batches } = this;
    const { iterations, divergedAt } = this.history;
    return {
      done,
      iterations,
      divergedAt,
      network: network.state(),
      memory: optimizer.memory?.state(),
      batches: batches.state(),
    };
  }

  protected override takeAccuracies(): void {
    const { network, history } = this;
    if (history.divergedAt === null) tf.tidy(() => this.check(this.sums()[0]));
    const variables =
      history.divergedAt === null
        ? Object.values(network.variables).map((variable) => tf.keep(variable.clone()))
        : undefined;
    this.points.push({ done: this.done, variables });
  }

  /**
   * Takes the accuracies at the first epoch point where they are not taken yet. The network is then as it was there.
   * @returns whether there was one.
   */
  measure(): boolean {
    const [point] = this.points;
    if (!point) return false;
    const { network, history } = this;
    const { divergedAt } = history;
    if (point.variables) {
      Object.values(network.variables).forEach((variable, i) => variable.assign(point.variables![i]));
      history.divergedAt = null; // at that point
    }
    super.takeAccuracies();
    history.divergedAt = divergedAt;
    this.points.shift();
    tf.dispose(point.variables);
    return true;
  }

  override compile(): this {
    this.compiled.push((this.sums = compile(this.sums)));
    return super.compile();
  }

  override dispose(): void {
    tf.dispose(this.points.map(({ variables }) => variables));
    super.dispose();
  }
}

/** The history of a whole run, from those of its stretches. */
export function mergeStretches(histories: History[]): History {
  const all = (measurement: "loss" | "trainAccuracy" | "validationAccuracy" | "testAccuracy") =>
    histories.flatMap((history) => history[measurement]);
  return {
    ...histories.at(-1)!,
    loss: all("loss"),
    trainAccuracy: all("trainAccuracy"),
    validationAccuracy: all("validationAccuracy"),
    testAccuracy: all("testAccuracy"),
  };
}
