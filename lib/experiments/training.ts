import { tf } from "../engine/backend";
import { compile, repeat, type CompiledStep } from "../engine/compile";
import { tested } from "../engine/pure";
import { accuracyOf } from "../network";
import { updatesPerEpoch, type Trainer } from "../trainer";
import { goOnFrom, type Checkpoint } from "./checkpoint";

/** A part of a run. */
export interface Segment {
  /** Where the segment before has left training; none before the first. */
  start?: Checkpoint;
  /** The updates from the run's first on after which it ends. */
  end: number;
  /** Called with where training stands there, and waited for before accuracies are taken. */
  onTrained?: (checkpoint: Checkpoint) => Promise<void>;
}

/** An epoch point that is not measured yet, and the network's variables there, unless it had diverged. */
interface Point {
  done: number;
  variables?: tf.Tensor[];
}

/**
 * What a `Trainer` would do step by step, with several updates in one graph. A segment is trained first, as another
 * process waits for where it ends, and its accuracies are taken afterwards.
 */
export class Training {
  private readonly update: CompiledStep<[]>;
  /** What the weights add up to, and the guesses for some images. */
  private readonly examine: CompiledStep<tf.Tensor[]>;
  private readonly end: number;
  private readonly points: Point[] = [];

  constructor(
    private readonly trainer: Trainer,
    private readonly segment?: Segment,
  ) {
    const examine = (...images: tf.Tensor[]) => [...trainer.sums(), ...images.map((x) => trainer.network.guess(x))];
    tested(trainer.update, examine);
    this.update = compile(trainer.update, trainer.network, trainer.optimizer);
    this.examine = compile(examine, trainer.network);
    this.end = Math.min(segment?.end ?? Infinity, trainer.iterations);
    if (segment?.start) goOnFrom(segment.start, trainer);
  }

  /** Updates after which everything is recorded. */
  get recorded(): number {
    return this.points[0]?.done ?? this.trainer.done;
  }

  /**
   * The updates up to the next epoch point, but at most `most`, each with what is to be recorded after it. A graph does
   * not stop where training diverges; the history does.
   * @returns whether there were any.
   */
  advance(most: number): boolean {
    const { trainer, end } = this;
    const { sets, options, done } = trainer;
    if (done >= end) return false;
    const epoch = updatesPerEpoch(sets.train.count, options.batchSize);
    const epochPoint = options.epochs === undefined ? Infinity : Math.ceil(done / epoch) * epoch;
    const count = Math.min(most, end - done, epochPoint + 1 - done);
    tf.tidy(() => {
      const made = trainer.hasDiverged ? [] : repeat(count, this.update);
      for (let i = 0; i < count; i++) trainer.noteUpdate(made[i] ?? []);
    });
    trainer.done += count;
    if (trainer.done > epochPoint) this.atEpochPoint();
    return true;
  }

  private atEpochPoint(): void {
    const { trainer, segment, points } = this;
    tf.tidy(() => {
      if (segment) {
        trainer.checkWeights(this.examine);
        const { done, network } = trainer;
        const keep = () => Object.values(network.variables).map((variable) => tf.keep(variable.clone()));
        points.push({ done, variables: trainer.hasDiverged ? undefined : keep() });
      } else {
        const [sums, ...guesses] = trainer.hasDiverged ? [] : this.examine(...this.images);
        trainer.checkWeights(() => [sums]);
        this.takeAccuracies(trainer.hasDiverged ? undefined : guesses);
      }
    });
  }

  /**
   * Takes the accuracies at the first epoch point where they are not taken yet. The network is then as it was there.
   * @returns whether there was one.
   */
  measure(): boolean {
    const { trainer, points } = this;
    const [point] = points;
    if (!point) return false;
    const { variables } = point;
    if (variables) Object.values(trainer.network.variables).forEach((variable, i) => variable.assign(variables[i]));
    tf.tidy(() => this.takeAccuracies(variables && this.examine(...this.images).slice(1)));
    tf.dispose(variables);
    points.shift();
    return true;
  }

  private get images(): tf.Tensor[] {
    return this.trainer.evaluated.map(({ set }) => set.x);
  }

  private takeAccuracies(guesses: tf.Tensor[] = []): void {
    const { trainer } = this;
    trainer.takeAccuracies(guesses.map((guess, i) => accuracyOf(guess, trainer.evaluated[i].set.t)));
  }

  dispose(): void {
    this.examine.dispose();
    tf.dispose(this.points.map(({ variables }) => variables));
    this.update.dispose();
  }
}
