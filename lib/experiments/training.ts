import { tf } from "../engine/backend";
import { compile, repeat, type CompiledStep } from "../engine/compile";
import { tested } from "../engine/pure";
import { accuracyOf } from "../network";
import { nextMeasured, type Trainer } from "../trainer";
import { continueFrom, type Checkpoint, type Prefix } from "./checkpoint";

/** A part of a run, trained by one process. */
export interface Segment {
  /** Where to continue from; without it the segment is the run's first. */
  start?: Checkpoint;
  /** The run's update count at which the segment ends. */
  end: number;
  /**
   * Whether all updates are made before the first accuracy is taken; if not given, when another segment follows, as another
   * process is then waiting for the checkpoint. Evaluating one point after the other is also faster than in turns with
   * updates: figure 6-20's last segment takes 5.0 s instead of 6.5. The weights at each epoch point are kept meanwhile.
   */
  defersAccuracies?: boolean;
  /** Called with the checkpoint at the segment's end, and awaited. */
  onTrained?: (checkpoint: Checkpoint) => Promise<void>;
  /** Called now and then, and awaited, with what has been recorded since `start` and the checkpoint reached. */
  onCheckpoint?: (prefix: Prefix) => Promise<void>;
  /** How long training goes on between two such calls, at least. */
  checkpointEveryMs?: number;
}

/** An epoch point whose accuracies are yet to be taken. */
interface EpochPoint {
  /** Updates made by then. */
  done: number;
  /** Copies of the network's variables; none once training has diverged. */
  variables?: tf.Tensor[];
}

/**
 * Does what `Trainer` would do step by step, with several updates in one graph.
 */
export class Training {
  /** Whether accuracies are taken by `measure()` after all updates, rather than on the way. */
  readonly defersAccuracies: boolean;
  private readonly update: CompiledStep<[]>;
  /** What the weights add up to, and the guesses for some images. */
  private readonly examine: CompiledStep<tf.Tensor[]>;
  private readonly end: number;
  private readonly points: EpochPoint[] = [];

  constructor(
    private readonly trainer: Trainer,
    { start, end, defersAccuracies }: Segment = { end: Infinity },
  ) {
    const examine = (...images: tf.Tensor[]) => [...trainer.sums(), ...images.map((x) => trainer.network.guess(x))];
    tested(trainer.update, examine);
    this.update = compile(trainer.update, trainer.network, trainer.optimizer, trainer.options, trainer.sets);
    this.examine = compile(examine, trainer.network);
    this.end = Math.min(end, trainer.iterations);
    this.defersAccuracies = defersAccuracies ?? this.end < trainer.iterations;
    if (start) continueFrom(start, trainer);
  }

  /** The updates, from the run's first one on, of which everything is recorded. */
  get recorded(): number {
    return this.points[0]?.done ?? this.trainer.done;
  }

  /**
   * Makes the updates up to the next epoch point, at most `most` of them, and records what is to be recorded after each. A
   * graph does not stop where training diverges; the history does.
   * @returns false if the segment had ended already.
   */
  advance(most: number): boolean {
    const { trainer, end } = this;
    const { done } = trainer;
    if (done >= end) return false;
    const measured = nextMeasured(trainer);
    const count = Math.min(most, end - done, measured + 1 - done);
    tf.tidy(() => {
      const made = trainer.hasDiverged ? [] : repeat(count, this.update);
      for (let i = 0; i < count; i++) trainer.noteUpdate(made[i] ?? []);
    });
    trainer.done += count;
    if (trainer.done > measured) this.atEpochPoint();
    return true;
  }

  private atEpochPoint(): void {
    const { trainer, points } = this;
    tf.tidy(() => {
      if (this.defersAccuracies) {
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
   * Takes the accuracies at the earliest epoch point that waits for them, and leaves the network as it was there.
   * @returns false if none was waiting.
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
