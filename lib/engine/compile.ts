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
import { ANY, GraphDefinition } from "./graph-definition";

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

/**
 * The same step, run as a graph from its second or third call on. Its first calls run as they are written, and the
 * operations of one of them are written down. Arguments may have any number of rows. What {@link repeat} asks for is
 * a graph of its own from the second time on that it asks for so many calls.
 *
 * A number that JavaScript computes in the step stays what it was in that call, unless it comes from {@link feed}.
 * On other backends the step runs as it is.
 *
 * @throws if the step reads a tensor that it computes, or calls another compiled one.
 */
export function compile<A extends Tensor[]>(step: Step<A>): CompiledStep<A> {
  let recorded: Recording | undefined;
  const asked = new Set<number>();

  const record = (args: A): Tensor[] => {
    const recording = new Recorder(args);
    // Whoever interrupts a notebook's cell ends it without its `finally`.
    setImmediate(() => recording.stop());
    try {
      const outputs = step(...args);
      recorded = recording.finish(outputs);
      return outputs;
    } finally {
      recording.stop();
    }
  };

  const times = (count: number, ...args: A): Tensor[][] => {
    const asWritten = (call: (args: A) => Tensor[]) => Array.from({ length: count }, () => call(args));
    if (tf.getBackend() !== "tensorflow") return asWritten(() => step(...args));
    if (recorder) throw new Error("compile: a compiled step calls another one; compile them as one");
    // To load a graph takes longer than to run it: not for a count that may never be asked for again.
    if (recorded && (asked.has(count) || recorded.isLoaded(count))) return recorded.run(args, count);
    asked.add(count);
    return asWritten(() => (recorded ? step(...args) : record(args)));
  };

  return Object.assign((...args: A) => times(1, ...args)[0], {
    times,
    dispose() {
      recorded?.dispose();
      recorded = undefined;
    },
  });
}

/**
 * So many calls of a step in a row, and what each returned. If it is a compiled one they are a single graph: to call
 * one takes some 0.1 ms, beside the 0.7 ms of a step of the chapter's networks.
 */
export function repeat<A extends Tensor[]>(count: number, step: Step<A> | CompiledStep<A>, ...args: A): Tensor[][] {
  return "times" in step ? step.times(count, ...args) : Array.from({ length: count }, () => step(...args));
}

/** A tensor that a step needs anew each time: rows to learn from, a mask, a rate that changes. */
export function feed(make: () => Tensor): Tensor {
  const tensor = make();
  recorder?.addInput(tensor, make, true);
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

  constructor(args: Tensor[]) {
    args.forEach(({ dataId, dtype, shape }, i) => {
      this.addInput({ dataId, dtype, shape: shape.map((size, axis) => (axis === 0 ? ANY : size)) }, (args) => args[i]);
    });
    this.start();
  }

  addInput({ dataId, dtype, shape }: TensorInfo, source: Input["source"], fed = false): string {
    const name = this.graph.addPlaceholder(dtype, shape, fed);
    this.names.set(dataId, name);
    this.inputs.push({ name, source, fed });
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
      return this.addInput(tensor, () => variable ?? (tensor as Tensor));
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
      scalar = { name: this.addInput(tensor, () => tensor), tensor };
      this.scalars.set(value, scalar);
    }
    return scalar.name;
  }
}

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
  ) {
    this.carried = new Map(assigned.flatMap(({ before, after }) => (before ? [[before, after]] : [])));
    const fed = inputs.filter((input) => input.fed).map(({ name }) => name);
    this.key = [graph.key, ...fed, ...this.carried].join(" ");
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
