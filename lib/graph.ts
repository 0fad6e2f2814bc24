/**
 * A step of training as one TensorFlow graph.
 *
 * Called one at a time, an operation on the chapter's small matrices costs about as much in calls as in
 * arithmetic. A graph is called once a step. It holds the very operations that the layers and the update
 * rules call, so they stay as they read, and what it computes is the same to the last bit.
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

/** A step that runs as a graph. `dispose` frees what the graph keeps, not what the step works on. */
export type CompiledStep<A extends Tensor[]> = Step<A> & { dispose(): void };

let recorder: Recorder | undefined;

/**
 * The same step, run as a graph from its second or third call on. Its first calls run as they are written, and the
 * operations of one of them are written down. Arguments may have any number of rows.
 *
 * A number that JavaScript computes in the step stays what it was in that call, unless it comes from {@link feed}.
 * On other backends the step runs as it is.
 *
 * @throws if the step reads a tensor that it computes, or calls another compiled one.
 */
export function compile<A extends Tensor[]>(step: Step<A>): CompiledStep<A> {
  let recorded: Recording | undefined;
  const run = (...args: A): Tensor[] => {
    if (tf.getBackend() !== "tensorflow") return step(...args);
    if (recorder) throw new Error("compile: a compiled step calls another one; compile them as one");
    if (recorded) return recorded.run(args);

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
  return Object.assign(run, {
    dispose() {
      recorded?.dispose();
      recorded = undefined;
    },
  });
}

/** A tensor that a step needs anew each time: rows to learn from, a mask, a rate that changes. */
export function feed(make: () => Tensor): Tensor {
  const tensor = make();
  recorder?.addInput(tensor, make);
  return tensor;
}

/** Where an input of a graph comes from when it runs. */
type Source = (args: Tensor[]) => Tensor;

/** Writes down the operations that are called while it is there. */
class Recorder {
  private readonly graph = new GraphDefinition();
  /** The name in the graph of every tensor met so far. */
  private readonly names = new Map<DataId, string>();
  private readonly inputs: { name: string; source: Source }[] = [];
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
    this.listen();
    recorder = this;
  }

  addInput({ dataId, dtype, shape }: TensorInfo, source: Source): string {
    const name = this.graph.addPlaceholder(dtype, shape);
    this.names.set(dataId, name);
    this.inputs.push({ name, source });
    return name;
  }

  /** What was recorded; nothing if the step made variables, which it does not when called again. */
  finish(outputs: Tensor[]): Recording | undefined {
    this.stop();
    if (Object.keys(tf.engine().registeredVariables).length !== this.variables.length) {
      for (const { tensor } of this.scalars.values()) tensor.dispose();
      return undefined;
    }
    const assigned = this.variables.filter(({ dataId }, i) => dataId !== this.before[i]);
    const names = [...outputs, ...assigned].map((tensor) => this.name(tensor));
    return new Recording(this.graph, this.inputs, names, assigned, [...this.scalars.values()].map(({ tensor }) => tensor));
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
      if (this.computed.has(dataId)) throw new Error("compile: the step reads a tensor that it computes; return it instead");
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
      const variable = this.variables.find(({ dataId }) => dataId === tensor.dataId);
      return this.addInput(tensor, () => variable ?? (tensor as Tensor));
    }
    const name = tensor.dtype === "float32" && tensor.shape.length === 0
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

/** A recorded step: the graph, where its inputs come from and which variables it changes. */
class Recording {
  private readonly graph: Buffer;
  private readonly key: string;
  private readonly inputNames: { name: string }[];
  private readonly sources: Source[];

  constructor(
    graph: GraphDefinition,
    inputs: { name: string; source: Source }[],
    private readonly outputNames: string[],
    private readonly assigned: tf.Variable[],
    private readonly kept: Tensor[],
  ) {
    this.graph = graph.serialize();
    this.key = this.graph.toString("latin1");
    this.inputNames = inputs.map(({ name }) => ({ name: `${name}:0` }));
    this.sources = inputs.map(({ source }) => source);
  }

  run(args: Tensor[]): Tensor[] {
    const inputs = this.sources.map((source) => source(args));
    const outputs = backend.runSavedModel(session(this.key, this.graph), inputs, this.inputNames, this.outputNames);
    const returned = outputs.length - this.assigned.length;
    this.assigned.forEach((variable, i) => variable.assign(outputs[returned + i]));
    return outputs.slice(0, returned);
  }

  dispose(): void {
    for (const tensor of this.kept) tensor.dispose();
  }
}

/** TensorFlow's sessions by their graph, the one used last at the end. Equal graphs share one. */
const sessions = new Map<string, number>();

/** How many sessions stay: to make one anew takes some 20 ms. */
const KEPT = 32;

function session(key: string, graph: Buffer): number {
  const open = sessions.get(key) ?? load(graph);
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
