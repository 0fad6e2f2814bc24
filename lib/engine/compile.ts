/**
 * A step of training as one TensorFlow graph.
 *
 * Called one by one, operations on the chapter's small matrices cost about as much in calls as in arithmetic.
 * A graph is called once per step, or once for several consecutive steps. It holds the very operations that the
 * layers and update rules call, so their code stays as it is, and the results are the same to the last bit.
 */
import { LRUCache } from "lru-cache";
import { tf } from "./backend";
import { currentListener } from "./changing";
import { wordFor } from "./pure";
import { Recorder } from "./recorder";
import type { Recording } from "./recording";
import { Watch } from "./watch";

type Tensor = tf.Tensor;

/** Takes tensors, changes variables and returns tensors, using tfjs operations only. */
export type Step<A extends Tensor[]> = (...args: A) => Tensor[];

/** A step that runs as a graph. */
export interface CompiledStep<A extends Tensor[]> extends Step<A> {
  /** See {@link repeat}. */
  times(count: number, ...args: A): Tensor[][];
  /** Frees what the graph keeps, but not what the step works on. */
  dispose(): void;
}

/** The call at which a step taken on trust is first compared with its graph again; then at twice as many, and so on. */
const FIRST_COMPARISON = 16;

/** The calls after which a step that may use an old value is compared again. */
const FEW_CALLS = 4;

/** The keys of recordings that a second call has confirmed. */
const confirmed = new LRUCache<string, true>({ max: 1000 });

const REMEDY = "For a graph to include it, what differs from call to call has to come from changing(() => …)";

/**
 * The same step, run as a graph once two ordinary calls of it have been the same operations on the same numbers. Each
 * shape of the arguments has its own graph, and so has each number of calls that {@link repeat} asks for more than once.
 *
 * Whatever differs from call to call has to come from {@link changing}. Where it does not:
 * - If the first two calls differ, or the step changes a watched setting itself, it always runs as written, and a
 *   warning says why.
 * - If a watched setting is changed between two calls, the step is recorded again, so the change takes effect at once.
 * - What cannot be seen this way, such as a variable of a closure, is found when a call is compared with the graph: at
 *   the 16th, the 32nd and so on. Steps made of {@link tested} parts alone are spared that, and need only one ordinary
 *   call if two calls of an equal step have been compared before.
 *
 * On other backends, and in tfjs's debug mode, which looks at every operation, the step runs as written.
 *
 * @param watched objects whose settings the step depends on: a network, an update rule
 * @throws if the step reads a tensor that changes, calls another compiled step, or is found to differ from its graph
 */
export function compile<A extends Tensor[]>(step: Step<A>, ...watched: object[]): CompiledStep<A> {
  if ("times" in step) return step as CompiledStep<A>;
  const graphs = new Map<string, StepGraph>();
  let refusal: string | undefined;

  const times = (count: number, ...args: A): Tensor[][] => {
    const asWritten = (call: () => Tensor[]) => Array.from({ length: count }, call);
    if (tf.getBackend() !== "tensorflow" || tf.env().getBool("DEBUG") || refusal) return asWritten(() => step(...args));
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
        if (graph.refusal) console.warn(`compile: the step ${graph.refusal}, so it runs as written. ${REMEDY}.`);
        return outputs;
      } finally {
        refusal = graph.refusal; // from now on as written, also after an error
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

/** A step's graph for arguments of one shape: its recording, and whether that is still valid. */
class StepGraph {
  private recording?: Recording;
  private isConfirmed = false;
  private watch?: Watch;
  private calls = 0;
  private nextComparison = FIRST_COMPARISON;
  private isSuspected = false;
  private readonly asked = new Set<number>();
  /** Why the step cannot run as a graph. */
  refusal?: string;

  constructor(
    private readonly look: () => Watch,
    private isOnTrust: boolean,
  ) {}

  /** Whether a setting has changed since the step was recorded, or a tensor that it works on has been disposed. */
  isOutdated(): boolean {
    return (this.watch !== undefined && this.watch.changed().length > 0) || this.recording?.hasLostInput === true;
  }

  /** Whether `count` calls should run as a graph rather than as written. */
  runs(count: number): boolean {
    // Loading a graph takes longer than running it: not for a count that may never be asked for again.
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

  /** Calls the step as written, records it, and compares it with the recording before. */
  record<A extends Tensor[]>(step: Step<A>, args: A): Tensor[] {
    const watch = this.look();
    if (watch.impure) {
      this.refusal =
        `goes through ${watch.impure}, which is not known to do the same at each call ` +
        "(declare such a class with pure(…))";
      return step(...args);
    }
    const recording = new Recorder(args, watch);
    stopWhenIdle(recording);
    let outputs: Tensor[];
    try {
      outputs = step(...args);
    } catch (error) {
      recording.discard();
      throw error;
    }
    this.calls++;
    const recorded = recording.finish(outputs);
    if (recorded) this.compare(recorded, watch);
    return outputs;
  }

  private compare(recorded: Recording, watch: Watch): void {
    const { recording: before, isConfirmed } = this;
    this.refusal = recorded.refusal ?? watch.changedSetting() ?? (before && this.differenceTo(before, recorded));
    // Tensors and other objects that a layer keeps for its `backward` are new at each call.
    watch.settle(watch.changed());
    before?.dispose();
    this.recording = recorded;
    this.watch = watch;
    this.isOnTrust ||= watch.isOnTrust;
    if (before && !this.refusal) confirmed.set(recorded.key, true);
    this.isConfirmed = before !== undefined || (!this.isOnTrust && confirmed.has(recorded.key));
    if (isConfirmed) this.nextComparison = this.isSuspected ? this.calls + FEW_CALLS : 2 * this.nextComparison;
    if (isConfirmed && this.refusal) {
      throw new Error(
        `compile: the step ${this.refusal}; ${Math.floor(this.calls / 2)} or more of its calls may have been computed like the first ones. ` +
          `${REMEDY}; otherwise the step has to run without compile().`,
      );
    }
  }

  private differenceTo(before: Recording, recorded: Recording): string | undefined {
    const difference = recorded.differenceTo(before);
    const isStale = difference === undefined && before.isStaleBeside(recorded);
    // A rate that falls now and then may happen to fall at the very call that is compared, but not twice.
    if (isStale && this.isSuspected) return "computes what changing(() => …) uses outside of it";
    this.isSuspected = isStale;
    return difference;
  }

  dispose(): void {
    this.recording?.dispose();
    this.recording = undefined;
  }
}

let unstopped: Recorder | undefined;

/**
 * Stops a recorder that is still listening when the thread has nothing to do: interrupting a notebook's cell ends it
 * without running `finally`. Only the last one can be listening then.
 */
function stopWhenIdle(recorder: Recorder): void {
  if (!unstopped) {
    setImmediate(() => {
      unstopped?.stop();
      unstopped = undefined;
    });
  }
  unstopped = recorder;
}

/**
 * `count` consecutive calls of a step, and what each returned. Those of a compiled step are a single graph: calling one
 * takes some 0.1 ms, against the 0.7 ms of a step of the chapter's networks.
 */
export function repeat<A extends Tensor[]>(count: number, step: Step<A> | CompiledStep<A>, ...args: A): Tensor[][] {
  return "times" in step ? step.times(count, ...args) : Array.from({ length: count }, () => step(...args));
}
