import { native, tf, type Attribute, type NativeBackend } from "./backend";
import { currentListener, setListener, unrecorded, type Listener } from "./changing";
import { Freshness } from "./freshness";
import { GraphDefinition } from "./graph-definition";
import { Recording, type Input } from "./recording";
import type { Watch } from "./watch";

type Tensor = tf.Tensor;
type DataId = Tensor["dataId"];
type TensorInfo = Pick<Tensor, "dataId" | "shape" | "dtype">;

const backend = native!; // nothing is recorded on others

/** Records the operations called while it listens. */
export class Recorder implements Listener {
  private readonly graph = new GraphDefinition();
  /** The name in the graph of every tensor met so far. */
  private readonly names = new Map<DataId, string>();
  private readonly inputs: Input[] = [];
  /** Numbers are inputs, so that steps which differ only in a rate share a graph. */
  private readonly scalars = new Map<number, { name: string; tensor: Tensor }>();
  /** What JavaScript has written into tensors meanwhile. */
  private readonly written = new Map<DataId, tf.backend_util.BackendValues>();
  private readonly computed = new Set<DataId>();
  /** Whether methods of the backend are replaced. */
  private isListening = false;
  private readonly variables = Object.values(tf.engine().registeredVariables);
  private readonly before = this.variables.map(({ dataId }) => dataId);

  /** Why the recording is not all that the step does. */
  private refusal?: string;

  constructor(
    args: Tensor[],
    readonly watch: Watch,
  ) {
    args.forEach((arg, i) => this.addInput(arg, `argument ${i}`, (args) => args[i]));
    this.start();
  }

  changing(make: () => Tensor): Tensor {
    const tensor = this.watch.settling(() => this.aside(make));
    const freshness = this.watch.isOnTrust ? unrecorded(() => new Freshness(tensor)) : undefined;
    this.addInput(tensor, "changing", make, true, freshness);
    return tensor;
  }

  /** What is made aside is no part of the step, and may not read what the step computes. */
  private aside(make: () => Tensor): Tensor {
    this.stop();
    this.guardReads();
    this.guardInputs();
    try {
      return make();
    } finally {
      this.start();
    }
  }

  private addInput(
    { dataId, dtype, shape }: TensorInfo,
    origin: unknown,
    source: Input["source"],
    fed = false,
    freshness?: Freshness,
  ): string {
    const name = this.graph.addPlaceholder(dtype, shape, fed);
    this.names.set(dataId, name);
    this.inputs.push({ name, source, origin, fed, freshness });
    return name;
  }

  /** The recording; nothing if the step made variables, which it will not do when called again. */
  finish(outputs: Tensor[]): Recording | undefined {
    this.stop();
    if (Object.keys(tf.engine().registeredVariables).length !== this.variables.length) {
      this.discard();
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

  /** Ends a recording that nothing comes of. */
  discard(): void {
    this.stop();
    for (const { tensor } of this.scalars.values()) tensor.dispose();
  }

  start(): void {
    setListener(this);
    this.listen();
  }

  stop(): void {
    if (currentListener() === this) setListener(undefined);
    if (!this.isListening) return;
    this.isListening = false;
    for (const method of ["write", "readSync", "executeSingleOutput", "executeMultipleOutputs"] as const) {
      delete (backend as Partial<NativeBackend>)[method];
    }
  }

  /** Every operation of tfjs and of operations.ts goes through these methods of the backend. */
  private listen(): void {
    const plain = Object.getPrototypeOf(backend) as NativeBackend;
    backend.write = (values, shape, dtype) => {
      const dataId = plain.write.call(backend, values, shape, dtype);
      this.written.set(dataId, values);
      return dataId;
    };
    this.guardReads();
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

  private guardReads(): void {
    this.isListening = true;
    const plain = Object.getPrototypeOf(backend) as NativeBackend;
    backend.readSync = (dataId) => {
      if (this.computed.has(dataId))
        throw new Error("compile: the step reads a tensor that it computes; return it instead");
      if (this.before.includes(dataId)) this.refusal ??= "reads a variable into JavaScript";
      return plain.readSync.call(backend, dataId);
    };
  }

  /** Tensors of this call are gone when a graph calls `make` again. */
  private guardInputs(): void {
    const plain = Object.getPrototypeOf(backend) as NativeBackend;
    const look = (inputs: TensorInfo[]) => {
      if (inputs.some(({ dataId }) => this.computed.has(dataId)))
        this.refusal ??= "uses a tensor that it computes inside of changing(() => …)";
    };
    backend.executeSingleOutput = (name, attributes, inputs) => {
      look(inputs);
      return plain.executeSingleOutput.call(backend, name, attributes, inputs);
    };
    backend.executeMultipleOutputs = (name, attributes, inputs, count) => {
      look(inputs);
      return plain.executeMultipleOutputs.call(backend, name, attributes, inputs, count);
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
      // Made before the step: a variable, read as it is when the graph runs, or a tensor that the step works on.
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
