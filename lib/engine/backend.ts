/** The one place that loads TensorFlow. Everything else writes `import { tf } from "…/engine/backend"`. */
import "./environment"; // first: TensorFlow reads it while loading
import "./compatibility";
import * as tf from "@tensorflow/tfjs-node";

export { tf };

/** An operation's attribute as tfjs-node writes it: `type` is one of its binding's `TF_ATTR_…`. */
export interface Attribute {
  name: string;
  type: number;
  value: number | boolean | string;
}

type TensorInfo = Pick<tf.Tensor, "dataId" | "shape" | "dtype">;

/** The part of tfjs-node's backend that runs single operations and graphs. */
export interface NativeBackend {
  binding: Record<string, number> & { TF_Version: string };
  /** An entry for each tensor; `values` are there as long as they are in JavaScript and not yet in TensorFlow. */
  tensorMap: { has(dataId: tf.Tensor["dataId"]): boolean; get(dataId: tf.Tensor["dataId"]): { values: object | null } };
  write(values: tf.backend_util.BackendValues, shape: number[], dtype: tf.DataType): tf.Tensor["dataId"];
  readSync(dataId: tf.Tensor["dataId"]): tf.backend_util.BackendValues;
  executeSingleOutput(name: string, attributes: Attribute[], inputs: TensorInfo[]): tf.Tensor;
  executeMultipleOutputs(name: string, attributes: Attribute[], inputs: TensorInfo[], outputs: number): tf.Tensor[];
  loadSavedModelMetaGraph(path: string, tags: string): number;
  runSavedModel(session: number, inputs: tf.Tensor[], names: { name: string }[], outputs: string[]): tf.Tensor[];
  deleteSavedModel(session: number): void;
}

/** TensorFlow beneath tfjs, for operations and graphs; available even while another backend is in use. */
export const backend = tf.findBackend("tensorflow") as unknown as NativeBackend;

/** The backend in use and the versions behind it, for a notebook to print. */
export function backendInfo(): { backend: string; tensorflow?: string; tfjs: string; node: string } {
  const { binding } = tf.backend() as { binding?: { TF_Version: string } };
  return {
    backend: tf.getBackend(),
    ...(binding && { tensorflow: binding.TF_Version }),
    tfjs: tf.version.tfjs,
    node: process.versions.node,
  };
}
