/**
 * A step of training as one TensorFlow graph.
 *
 * Called one at a time, an operation on the chapter's small matrices costs about as much in calls as in
 * arithmetic. A graph is called once a step, or once for several steps in a row. It holds the very operations
 * that the layers and the update rules call, so they stay as they read, and what it computes is the same to
 * the last bit.
 */
import { tf } from "./backend";
import { currentListener } from "./changing";
import { wordFor } from "./pure";
import { Recorder } from "./recorder";
import type { Recording } from "./recording";
import { Watch } from "./watch";

type Tensor = tf.Tensor;

/** Takes tensors, changes variables and returns tensors, by tfjs operations alone. */
export type Step<A extends Tensor[]> = (...args: A) => Tensor[];

/** A step that runs as a graph. */
export interface CompiledStep<A extends Tensor[]> extends Step<A> {
  /** See {@link repeat}. */
  times(count: number, ...args: A): Tensor[][];
  /** Frees what the graph keeps, not what the step works on. */
  dispose(): void;
}

/** The call at which a step taken on trust is first compared with its graph; then again after twice as many. */
const FIRST_COMPARISON = 16;

const REMEDY = "What differs from call to call has to come from changing(() => …) for a graph to have it";

/**
 * The same step, run as a graph as soon as two calls of it, run as they are written, were the same operations on the same
 * numbers; after one call, if the library's tests compare all that it goes through. Arguments of another shape have a
 * graph of their own. What {@link repeat} asks for is a graph of its own from the second time on that it asks for so
 * many calls.
 *
 * Whatever differs from call to call has to come from {@link changing}. A step for which this does not hold is no graph:
 * - If it differs between the first two calls, or changes a watched setting itself, it runs as it is written, always, and
 *   a warning says what it was.
 * - If a watched setting is changed between two calls, the step is recorded anew: it takes effect at once.
 * - What cannot be seen like this, as a variable of a closure, is found when a call is compared with the graph: at the
 *   16th, the 32nd and so on.
 *
 * On other backends the step runs as it is written.
 *
 * @param watched objects by whose settings the step goes: a network, an update rule
 * @throws if the step reads a tensor that changes, calls another compiled step, or is found not to be its graph any more
 */
export function compile<A extends Tensor[]>(step: Step<A>, ...watched: object[]): CompiledStep<A> {
  const graphs = new Map<string, StepGraph>();
  let refusal: string | undefined;

  const times = (count: number, ...args: A): Tensor[][] => {
    const asWritten = (call: () => Tensor[]) => Array.from({ length: count }, call);
    if (tf.getBackend() !== "tensorflow" || refusal) return asWritten(() => step(...args));
    if (currentListener()) throw new Error("compile: a compiled step calls another one; compile them as one");
    const shapes = args.map(({ shape }) => shape.join()).join(" ");
    let graph = graphs.get(shapes);
    if (!graph || graph.isOutdated()) {
      graph?.dispose();
      graphs.set(shapes, (graph = new StepGraph(() => new Watch(watched), wordFor(step) !== "tests")));
    }
    if (graph.runs(count)) return graph.run(args, count);
    return asWritten(() => {
      if (refusal || !graph.wantsRecording()) return step(...args);
      try {
        const outputs = graph.record(step, args);
        if (graph.refusal) console.warn(`compile: the step ${graph.refusal}, so it runs as it is written. ${REMEDY}.`);
        return outputs;
      } finally {
        refusal = graph.refusal; // from now on as it is written, also after an error
      }
    });
  };

  return Object.assign((...args: A) => times(1, ...args)[0], {
    times,
    dispose() {
      for (const graph of graphs.values()) graph.dispose();
      graphs.clear();
    },
  });
}

/** A step's graph for arguments of one shape: what was recorded of it, and whether that still holds. */
class StepGraph {
  private recording?: Recording;
  private isConfirmed = false;
  private watch?: Watch;
  private calls = 0;
  private nextComparison = FIRST_COMPARISON;
  private readonly asked = new Set<number>();
  /** Why the step cannot be a graph. */
  refusal?: string;

  constructor(
    private readonly look: () => Watch,
    private isOnTrust: boolean,
  ) {}

  /** Whether a setting is another one than when the step was recorded. */
  isOutdated(): boolean {
    return this.watch !== undefined && this.watch.changed().length > 0;
  }

  /** Whether so many calls are to be run as a graph, rather than as they are written. */
  runs(count: number): boolean {
    // To load a graph takes longer than to run it: not for a count that may never be asked for again.
    const isAskedAgain = this.asked.has(count);
    this.asked.add(count);
    const { recording } = this;
    if (!recording || this.wantsRecording()) return false;
    return isAskedAgain || recording.isLoaded(count);
  }

  run(args: Tensor[], count: number): Tensor[][] {
    this.calls += count;
    return this.recording!.run(args, count);
  }

  wantsRecording(): boolean {
    return !this.isConfirmed || (this.isOnTrust && this.calls >= this.nextComparison);
  }

  /** Calls the step as it is written, writes it down, and compares it with what was written down before. */
  record<A extends Tensor[]>(step: Step<A>, args: A): Tensor[] {
    const watch = this.look();
    if (watch.impure) {
      this.refusal =
        `goes through ${watch.impure}, and whether that does the same at each call is not known ` +
        "(pure(…) says so of a class)";
      return step(...args);
    }
    const recording = new Recorder(args, watch);
    // Whoever interrupts a notebook's cell ends it without its `finally`.
    setImmediate(() => recording.stop());
    let outputs: Tensor[];
    try {
      outputs = step(...args);
    } finally {
      recording.stop();
    }
    this.calls++;
    const recorded = recording.finish(outputs);
    if (recorded) this.compare(recorded, watch);
    return outputs;
  }

  private compare(recorded: Recording, watch: Watch): void {
    const { recording: before, isConfirmed } = this;
    this.refusal = recorded.refusal ?? watch.changedSetting() ?? (before && recorded.differenceTo(before));
    // Tensors and other objects that a layer keeps for its `backward` are new ones in each call.
    watch.settle(watch.changed());
    before?.dispose();
    this.recording = recorded;
    this.watch = watch;
    this.isOnTrust ||= watch.isOnTrust;
    this.isConfirmed = before !== undefined || !this.isOnTrust;
    if (isConfirmed) this.nextComparison *= 2;
    if (isConfirmed && this.refusal) {
      throw new Error(
        `compile: the step ${this.refusal}; ${Math.floor(this.calls / 2)} or more of its calls may have been computed as the first ones. ` +
          `${REMEDY}, or the step has to run without compile().`,
      );
    }
  }

  dispose(): void {
    this.recording?.dispose();
    this.recording = undefined;
  }
}

/**
 * So many calls of a step in a row, and what each returned. If it is a compiled one they are a single graph: to call
 * one takes some 0.1 ms, beside the 0.7 ms of a step of the chapter's networks.
 */
export function repeat<A extends Tensor[]>(count: number, step: Step<A> | CompiledStep<A>, ...args: A): Tensor[][] {
  return "times" in step ? step.times(count, ...args) : Array.from({ length: count }, () => step(...args));
}
