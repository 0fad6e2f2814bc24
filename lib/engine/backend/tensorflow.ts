import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type * as tf from "@tensorflow/tfjs";

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

/**
 * Loads tfjs-node, and with it TensorFlow.
 * @throws Error, worded to follow its name, if set-up has not built its addon, or if that does not load.
 */
export function prepareTensorFlow(): void {
  const addon = join(dirname(require.resolve("@tensorflow/tfjs-node/package.json")), "lib/napi-v8/tfjs_binding.node");
  if (!existsSync(addon)) throw new Error("is not built here");
  require("./environment"); // first: TensorFlow reads it while loading
  require("./compatibility");
  try {
    require("@tensorflow/tfjs-node");
  } catch (error) {
    throw new Error(`does not load (${(error as Error).message.split("\n")[0]})`, { cause: error });
  }
}
