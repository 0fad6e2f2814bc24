/**
 * What computes, chosen once, as this is loaded: TensorFlow where set-up has built tfjs-node's addon, WebAssembly where it
 * has not, and plain JavaScript where there is neither. `TRAINING_BACKEND` forces one.
 *
 * The one place that loads tfjs. Everything else writes `import { tf } from "…/engine/backend"`.
 */
import * as tf from "@tensorflow/tfjs";
import { useTensorFlow, type NativeBackend } from "./tensorflow";
import { threadsWanted } from "./threads";
import { useWasm } from "./wasm";

export { tf };
export type { Attribute, NativeBackend } from "./tensorflow";

/** Each backend by tfjs's name for it, the fastest first: its name to readers, and how it is made the one in use. */
const backends = {
  tensorflow: { title: "TensorFlow", use: useTensorFlow },
  wasm: { title: "WebAssembly", use: useWasm },
  cpu: { title: "plain JavaScript", use: usePlainJavaScript },
};

type Name = keyof typeof backends;

const { name, reason } = choose(process.env.TRAINING_BACKEND);
void tf.setBackend(name); // at once, as each of them is there already

/** TensorFlow beneath tfjs, for operations and graphs; available even while another backend is in use. */
export const native = (name === "tensorflow" ? tf.findBackend(name) : undefined) as NativeBackend | undefined;

/** Threads that one operation may use. */
export const threads = native ? threadsWanted() : 1;

/**
 * Names the order in which sums are taken, in which backends and numbers of threads differ, and so what histories can be
 * equal to the last bit.
 */
export const arithmetic = threads > 1 ? `${name}-${threads}-threads` : name;

/** @throws Error if there is no backend of that name, or if it cannot be used. */
function choose(forced?: string): { name: Name; reason?: string } {
  const names = Object.keys(backends) as Name[];
  if (forced && !Object.hasOwn(backends, forced))
    throw new Error(`TRAINING_BACKEND: expected one of ${names.join(", ")}, got ${forced}`);
  const reasons: string[] = [];
  for (const name of forced ? [forced as Name] : names) {
    const { title, use } = backends[name];
    try {
      use();
      return { name, reason: forced ? "TRAINING_BACKEND says so" : reasons.join("; ") };
    } catch (error) {
      reasons.push(`${title} is not there: ${(error as Error).message.split("\n")[0]}`);
    }
  }
  throw new Error(reasons.join("; "));
}

function usePlainJavaScript(): void {
  // It would advise, in ten lines, to install tfjs-node.
  (tf.findBackend("cpu") as unknown as { firstUse: boolean }).firstUse = false;
}

/** The backend in use and the versions behind it, for a notebook to print. */
export function backendInfo(): {
  backend: string;
  tensorflow?: string;
  threads?: number;
  tfjs: string;
  node: string;
} {
  const isNative = tf.getBackend() === "tensorflow";
  return {
    backend: tf.getBackend(),
    ...(isNative && { tensorflow: native!.binding.TF_Version }),
    ...(isNative && threads > 1 && { threads }),
    tfjs: tf.version.tfjs,
    node: process.versions.node,
  };
}

/** What is slower here than it could be, and what would make it faster; nothing where TensorFlow computes. */
export function slowness(): string | undefined {
  if (native) return undefined;
  const [factor, remedy] = name === "wasm" ? ["three to five times", ""] : ["fifty times", ""];
  return `Training runs on ${backends[name].title} (${reason}), ${factor} slower than on TensorFlow. ${remedy}`;
}
