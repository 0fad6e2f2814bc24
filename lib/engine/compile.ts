/**
 * A step of training as one TensorFlow graph.
 *
 * Called one at a time, an operation on the chapter's small matrices costs about as much in calls as in
 * arithmetic. A graph is called once a step, or once for several steps in a row. It holds the very operations
 * that the layers and the update rules call, so they stay as they read, and what it computes is the same to
 * the last bit.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { backend, tf, type Attribute, type NativeBackend } from "./backend";
import { GraphDefinition } from "./graph-definition";
import { Watch } from "./watch";

type Tensor = tf.Tensor;
type DataId = Tensor["dataId"];
type TensorInfo = Pick<Tensor, "dataId" | "shape" | "dtype">;

/** Takes tensors, changes variables and returns tensors, by tfjs operations alone. */
export type Step<A extends Tensor[]> = (...args: A) => Tensor[];

/** A step that runs as a graph. */
export interface CompiledStep<A extends Tensor[]> extends Step<A> {
  /** See {@link repeat}. */
  times(count: number, ...args: A): Tensor[][];
  /** Frees what the graph keeps, not what the step works on. */
  dispose(): void;
}

let recorder: Recorder | undefined;

/** The call at which a step that runs as a graph is first compared with its graph; then again after twice as many. */
const FIRST_COMPARISON = 16;

const REMEDY = "What differs from call to call has to come from changing(() => …) for a graph to have it";

/**
 * The same step, run as a graph as soon as two calls of it, run as they are written, were the same operations on the same
 * numbers. Arguments of another shape have a graph of their own. What {@link repeat} asks for is a graph of its own from
 * the second time on that it asks for so many calls.
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
    if (recorder) throw new Error("compile: a compiled step calls another one; compile them as one");
    const shapes = args.map(({ shape }) => shape.join()).join(" ");
    let graph = graphs.get(shapes);
    if (!graph || graph.isOutdated()) {
      graph?.dispose();
      graphs.set(shapes, (graph = new StepGraph(() => new Watch(watched))));
    }
    if (graph.runs(count)) return graph.run(args, count);
    return asWritten(() => {
      if (refusal || !graph.wantsRecording()) return step(...args);
      const outputs = graph.record(step, args);
      refusal = graph.refusal;
      if (refusal) {
        console.warn(`compile: the step ${refusal}, so it runs as it is written. ${REMEDY}.`);
      }
      return outputs;
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

  constructor(private readonly look: () => Watch) {}

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
    return !this.isConfirmed || this.calls >= this.nextComparison;
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
    this.isConfirmed = before !== undefined;
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

/** A tensor that is another one in each call of a step: rows to learn from, a mask, a rate that decays. */
export function changing(make: () => Tensor): Tensor {
  const recording = recorder;
  const tensor = recording ? recording.watch.settling(make) : make();
  recording?.addChanging(tensor, make);
  return tensor;
}

/** Looks at tensors aside from the step that is being recorded, if one is: what happens meanwhile is no part of it. */
export function unrecorded<T>(look: () => T): T {
  const recording = recorder;
  recording?.stop();
  try {
    return look();
  } finally {
    recording?.start();
  }
}

/** An input of a graph, and where it comes from when the graph runs. */
interface Input {
  name: string;
  source: (args: Tensor[]) => Tensor;
  /** Tells the source from others: the number of an argument, what makes it anew, a tensor, or a number. */
  origin: unknown;
  /** Made anew for each call. */
  fed: boolean;
}

/** Writes down the operations that are called while it is there. */
class Recorder {
  private readonly graph = new GraphDefinition();
  /** The name in the graph of every tensor met so far. */
  private readonly names = new Map<DataId, string>();
  private readonly inputs: Input[] = [];
  /** The numbers that are inputs, so that steps which differ in a rate alone have one graph in common. */
  private readonly scalars = new Map<number, { name: string; tensor: Tensor }>();
  /** What JavaScript wrote into tensors meanwhile. */
  private readonly written = new Map<DataId, tf.backend_util.BackendValues>();
  private readonly computed = new Set<DataId>();
  private readonly variables = Object.values(tf.engine().registeredVariables);
  private readonly before = this.variables.map(({ dataId }) => dataId);

  /** Why what is recorded is not all that the step does. */
  private refusal?: string;

  constructor(
    args: Tensor[],
    readonly watch: Watch,
  ) {
    args.forEach((arg, i) => this.addInput(arg, `argument ${i}`, (args) => args[i]));
    this.start();
  }

  /** A tensor that is made anew for each call. */
  addChanging(tensor: TensorInfo, make: () => Tensor): void {
    this.addInput(tensor, "changing", make, true);
  }

  private addInput(
    { dataId, dtype, shape }: TensorInfo,
    origin: unknown,
    source: Input["source"],
    fed = false,
  ): string {
    const name = this.graph.addPlaceholder(dtype, shape, fed);
    this.names.set(dataId, name);
    this.inputs.push({ name, source, origin, fed });
    return name;
  }

  /** What was recorded; nothing if the step made variables, which it does not when called again. */
  finish(outputs: Tensor[]): Recording | undefined {
    this.stop();
    if (Object.keys(tf.engine().registeredVariables).length !== this.variables.length) {
      for (const { tensor } of this.scalars.values()) tensor.dispose();
      return undefined;
    }
    const returned = outputs.map((tensor) => this.name(tensor));
    const changed = [...this.variables.keys()].filter((i) => this.variables[i].dataId !== this.before[i]);
    const after = changed.map((i) => this.name(this.variables[i]));
    const assigned = changed.map((i, j) => ({
      variable: this.variables[i],
      before: this.names.get(this.before[i]),
      after: after[j],
    }));
    return new Recording(
      this.graph,
      this.inputs,
      returned,
      assigned,
      [...this.scalars.values()].map(({ tensor }) => tensor),
      this.refusal,
    );
  }

  start(): void {
    recorder = this;
    this.listen();
  }

  stop(): void {
    if (recorder !== this) return;
    recorder = undefined;
    for (const method of ["write", "readSync", "executeSingleOutput", "executeMultipleOutputs"] as const) {
      delete (backend as Partial<NativeBackend>)[method];
    }
  }

  /** Every operation of tfjs and of our kernels goes through these methods of the backend. */
  private listen(): void {
    const plain = Object.getPrototypeOf(backend) as NativeBackend;
    backend.write = (values, shape, dtype) => {
      const dataId = plain.write.call(backend, values, shape, dtype);
      this.written.set(dataId, values);
      return dataId;
    };
    backend.readSync = (dataId) => {
      if (this.computed.has(dataId))
        throw new Error("compile: the step reads a tensor that it computes; return it instead");
      if (this.before.includes(dataId)) this.refusal ??= "reads a variable into JavaScript";
      return plain.readSync.call(backend, dataId);
    };
    backend.executeSingleOutput = (name, attributes, inputs) => {
      const names = inputs.map((input) => this.name(input));
      const output = plain.executeSingleOutput.call(backend, name, attributes, inputs);
      this.addOperation(name, attributes, names, [output]);
      return output;
    };
    backend.executeMultipleOutputs = (name, attributes, inputs, count) => {
      const names = inputs.map((input) => this.name(input));
      const outputs = plain.executeMultipleOutputs.call(backend, name, attributes, inputs, count);
      this.addOperation(name, attributes, names, outputs);
      return outputs;
    };
  }

  private addOperation(operation: string, attributes: Attribute[], inputs: string[], outputs: Tensor[]): void {
    const name = this.graph.addOperation(operation, attributes, inputs);
    outputs.forEach(({ dataId }, i) => {
      this.names.set(dataId, `${name}:${i}`);
      this.computed.add(dataId);
    });
  }

  /** The name of a tensor, which becomes an input or a constant of the graph when first met. */
  private name(tensor: TensorInfo): string {
    const known = this.names.get(tensor.dataId);
    if (known) return known;
    const values = this.written.get(tensor.dataId);
    if (!values) {
      // Made before the step: a variable, whose value then is today's, or a tensor that the step works on.
      const variable = this.variables[this.before.indexOf(tensor.dataId)] as tf.Variable | undefined;
      const source = variable ?? (tensor as Tensor);
      return this.addInput(tensor, source, () => source);
    }
    const name =
      tensor.dtype === "float32" && tensor.shape.length === 0
        ? this.scalar((values as Float32Array)[0])
        : this.graph.addConstant(tensor.dtype, tensor.shape, values as Float32Array | Int32Array);
    this.names.set(tensor.dataId, name);
    return name;
  }

  private scalar(value: number): string {
    let scalar = this.scalars.get(value);
    if (!scalar) {
      const tensor = tf.keep(tf.scalar(value));
      scalar = { name: this.addInput(tensor, value, () => tensor), tensor };
      this.scalars.set(value, scalar);
    }
    return scalar.name;
  }
}

const isNumber = (value: unknown): value is number => typeof value === "number";

/** A variable that a step changes, and the names of its value before (if the step reads it) and after. */
interface Assigned {
  variable: tf.Variable;
  before?: string;
  after: string;
}

/** A recorded step: the graph, where its inputs come from and which variables it changes. */
class Recording {
  /** Tells it from all others: equal keys, equal graphs, in any number of repetitions. */
  private readonly key: string;
  /** For a variable's value before a call, by its name: the name that it has in the call before, which left it. */
  private readonly carried: ReadonlyMap<string, string>;
  private readonly plans = new Map<number, Plan>();

  constructor(
    private readonly graph: GraphDefinition,
    private readonly inputs: Input[],
    private readonly returned: string[],
    private readonly assigned: Assigned[],
    private readonly kept: Tensor[],
    readonly refusal?: string,
  ) {
    this.carried = new Map(assigned.flatMap(({ before, after }) => (before ? [[before, after]] : [])));
    const fed = inputs.filter((input) => input.fed).map(({ name }) => name);
    this.key = [graph.key, ...fed, ...this.carried].join(" ");
  }

  /** What this call of a step does otherwise than that one; nothing if they are the same function. */
  differenceTo(other: Recording): string | undefined {
    const [here, there] = [this, other].map(({ inputs }) => inputs.map(({ origin }) => origin).filter(isNumber));
    const number = here.find((number) => !there.includes(number));
    if (number !== undefined)
      return `computes the number ${Number(number.toPrecision(7))} in JavaScript, which it did not before`;
    const changes = ({ returned, assigned }: Recording) =>
      JSON.stringify([returned, assigned.map(({ before, after }) => [before, after])]);
    if (this.graph.key !== other.graph.key || changes(this) !== changes(other))
      return "calls other operations, or makes other constants, than before";
    if (this.inputs.some(({ origin }, i) => origin !== other.inputs[i].origin))
      return "works on another tensor than before";
    return undefined;
  }

  /** Whether to run it so many times in a row takes no loading. */
  isLoaded(count: number): boolean {
    return sessions.has(this.plan(count).key);
  }

  run(args: Tensor[], count: number): Tensor[][] {
    const { key, inputs, inputNames, outputNames } = this.plan(count);
    const open = session(key, () => this.graph.repeat(count, this.carried).serialize());
    const outputs = backend.runSavedModel(
      open,
      inputs.map(({ source }) => source(args)),
      inputNames,
      outputNames,
    );
    const { length } = this.returned;
    this.assigned.forEach(({ variable }, i) => variable.assign(outputs[count * length + i]));
    return Array.from({ length: count }, (_, call) => outputs.slice(call * length, (call + 1) * length));
  }

  private plan(count: number): Plan {
    let plan = this.plans.get(count);
    if (!plan) {
      const calls = Array.from({ length: count }, (_, call) => call);
      const nameIn = (call: number, name: string) => this.graph.nameIn(call, name, this.carried);
      const inputs = calls.flatMap((call) =>
        this.inputs
          .filter(({ fed }) => fed || call === 0)
          .map((input) => ({ ...input, name: nameIn(call, input.name) })),
      );
      plan = {
        key: `${count} × ${this.key}`,
        inputs,
        inputNames: inputs.map(({ name }) => ({ name: `${name}:0` })),
        outputNames: [
          ...calls.flatMap((call) => this.returned.map((name) => nameIn(call, name))),
          ...this.assigned.map(({ after }) => nameIn(count - 1, after)),
        ],
      };
      this.plans.set(count, plan);
    }
    return plan;
  }

  dispose(): void {
    for (const tensor of this.kept) tensor.dispose();
  }
}

/** What a number of calls in a row are given and give: the results of each, and at last the variables. */
interface Plan {
  key: string;
  inputs: Input[];
  inputNames: { name: string }[];
  outputNames: string[];
}

/** TensorFlow's sessions by their graph, the one used last at the end. Equal graphs share one. */
const sessions = new Map<string, number>();

/** How many sessions stay: to make one anew takes 10 to 20 ms for each call of the step that it holds. */
const KEPT = 32;

function session(key: string, graph: () => Buffer): number {
  const open = sessions.get(key) ?? load(graph());
  sessions.delete(key);
  sessions.set(key, open);
  if (sessions.size > KEPT) {
    const [[oldest, unused]] = sessions;
    backend.deleteSavedModel(unused);
    sessions.delete(oldest);
  }
  return open;
}

/** The one way into TensorFlow that takes a graph reads it from a directory. */
function load(graph: Buffer): number {
  const directory = mkdtempSync(join(tmpdir(), "graph-"));
  try {
    mkdirSync(join(directory, "variables"));
    writeFileSync(join(directory, "saved_model.pb"), graph);
    return backend.loadSavedModelMetaGraph(directory, "serve");
  } finally {
    rmSync(directory, { recursive: true });
  }
}
