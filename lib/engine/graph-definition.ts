import { native, type Attribute, type tf } from "./backend";

interface ProtobufMessage {
  serializeBinary(): Uint8Array;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- generated JavaScript without types
  [method: string]: any;
}

interface Node {
  name: string;
  operation: string;
  inputs: string[];
  attributes: Record<string, Value>;
}

/** An attribute's value by the name of its setter in `AttrValue`. */
type Value =
  | { Type: number }
  | { Shape: number[] }
  | { Tensor: { dtype: number; shape: number[]; content: string } }
  | { B: boolean }
  | { I: number }
  | { F: number };

// TensorFlow's protocol buffers, which tfjs-node has for reading a SavedModel.
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- generated JavaScript without types
const protobuf = require("@tensorflow/tfjs-node/dist/proto/api_pb") as Record<string, any>;

const DATA_TYPES: Partial<Record<tf.DataType, number>> = {
  float32: protobuf.DataType.DT_FLOAT,
  int32: protobuf.DataType.DT_INT32,
  bool: protobuf.DataType.DT_BOOL,
};

const typeOf = (dtype: tf.DataType): number => DATA_TYPES[dtype]!;

/** The version of TensorFlow's operations that graphs are written for: that of TensorFlow 2.21. */
const PRODUCER = 2474;

/** A TensorFlow graph under construction: https://www.tensorflow.org/guide/saved_model */
export class GraphDefinition {
  private readonly nodes: Node[] = [];
  /** Names that all repetitions share: those of constants, and of inputs that are not made for each call. */
  private readonly shared = new Set<string>();

  /**
   * @param perCall whether each repetition has its own input here.
   * @returns the name of the input, a tensor of that type and shape.
   */
  addPlaceholder(dtype: tf.DataType, shape: number[], perCall = false): string {
    const name = this.addNode("Placeholder", [], { dtype: { Type: typeOf(dtype) }, shape: { Shape: shape } });
    if (!perCall) this.shared.add(name);
    return name;
  }

  /** @returns the name of a constant tensor. */
  addConstant(dtype: tf.DataType, shape: number[], values: Float32Array | Int32Array): string {
    const { buffer } = dtype === "int32" ? Int32Array.from(values) : Float32Array.from(values);
    const Tensor = { dtype: typeOf(dtype), shape, content: Buffer.from(buffer).toString("base64") };
    const name = this.addNode("Const", [], { dtype: { Type: Tensor.dtype }, value: { Tensor } });
    this.shared.add(name);
    return name;
  }

  /** @returns the operation's name; its outputs are `name:0`, `name:1`, … */
  addOperation(operation: string, attributes: Attribute[], inputs: string[]): string {
    const values = attributes.map(({ name, type, value }) => [name, { [setter(type)]: value } as Value]);
    return this.addNode(operation, inputs, Object.fromEntries(values));
  }

  /**
   * The name of one of this graph's tensors in one of its repetitions, counted from 0.
   * @param carried the inputs that a repetition takes from the previous one, and their names there.
   */
  nameIn(repetition: number, name: string, carried: ReadonlyMap<string, string>): string {
    if (repetition === 0) return name;
    const before = carried.get(name);
    if (before) return this.nameIn(repetition - 1, before, carried);
    if (this.shared.has(name)) return name;
    const [node, output] = name.split(":");
    return `${node}.${repetition}${output === undefined ? "" : `:${output}`}`;
  }

  /** This graph `count` times, each repetition continuing from the end of the previous one. */
  repeat(count: number, carried: ReadonlyMap<string, string>): GraphDefinition {
    const repeated = new GraphDefinition();
    for (let repetition = 0; repetition < count; repetition++) {
      for (const node of this.nodes) {
        if (repetition > 0 && this.shared.has(node.name)) continue;
        const nameIn = (name: string) => this.nameIn(repetition, name, carried);
        repeated.nodes.push({ ...node, name: nameIn(node.name), inputs: node.inputs.map(nameIn) });
      }
    }
    return repeated;
  }

  /** Identifies the graph: equal graphs have equal keys. */
  get key(): string {
    return JSON.stringify(this.nodes);
  }

  /** The graph as the bytes of a SavedModel. */
  serialize(): Buffer {
    const versions = new protobuf.VersionDef();
    versions.setProducer(PRODUCER);
    const graph = new protobuf.GraphDef();
    graph.setVersions(versions);
    graph.setNodeList(this.nodes.map(nodeMessage));
    const info = new protobuf.MetaGraphDef.MetaInfoDef();
    info.addTags("serve");
    const metaGraph = new protobuf.MetaGraphDef();
    metaGraph.setMetaInfoDef(info);
    metaGraph.setGraphDef(graph);
    const model: ProtobufMessage = new protobuf.SavedModel();
    model.setSavedModelSchemaVersion(1);
    model.addMetaGraphs(metaGraph);
    return Buffer.from(model.serializeBinary());
  }

  private addNode(operation: string, inputs: string[], attributes: Record<string, Value>): string {
    const name = `n${this.nodes.length}`;
    this.nodes.push({ name, operation, inputs, attributes });
    return name;
  }
}

function nodeMessage({ name, operation, inputs, attributes }: Node): ProtobufMessage {
  const node = new protobuf.NodeDef();
  node.setName(name);
  node.setOp(operation);
  node.setInputList(inputs);
  for (const [name, value] of Object.entries(attributes)) node.getAttrMap().set(name, valueMessage(value));
  return node;
}

function valueMessage(value: Value): ProtobufMessage {
  const message = new protobuf.AttrValue();
  if ("Shape" in value) message.setShape(shapeMessage(value.Shape));
  else if ("Tensor" in value) message.setTensor(tensorMessage(value.Tensor));
  else for (const [setter, plain] of Object.entries(value)) message[`set${setter}`](plain);
  return message;
}

function tensorMessage({
  dtype,
  shape,
  content,
}: {
  dtype: number;
  shape: number[];
  content: string;
}): ProtobufMessage {
  const message = new protobuf.Tensor();
  message.setDtype(dtype);
  message.setTensorShape(shapeMessage(shape));
  message.setTensorContent(content);
  return message;
}

function shapeMessage(shape: number[]): ProtobufMessage {
  const message = new protobuf.TensorShape();
  for (const size of shape) message.addDim().setSize(size);
  return message;
}

/** The name of the setter in `AttrValue` for an attribute of this type of tfjs-node's. */
function setter(type: number): string {
  const { binding } = native!;
  if (type === binding.TF_ATTR_TYPE) return "Type";
  if (type === binding.TF_ATTR_BOOL) return "B";
  if (type === binding.TF_ATTR_INT) return "I";
  if (type === binding.TF_ATTR_FLOAT) return "F";
  throw new Error(`a graph cannot yet hold an attribute of type ${type}; see setter() in graph-definition.ts`);
}
