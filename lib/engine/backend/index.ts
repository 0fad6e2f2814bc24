/**
 * What computes, chosen once, as this is loaded: TensorFlow where set-up has built tfjs-node's addon, WebAssembly where it
 * has not, and plain JavaScript where there is neither. `TRAINING_BACKEND` forces one.
 *
 * The one place that loads tfjs. Everything else writes `import { tf } from "…/engine/backend"`.
 */
import * as tf from "@tensorflow/tfjs";
import { prepareTensorFlow, type NativeBackend } from "./tensorflow";
import { threadsWanted } from "./threads";
import { hasSimd, prepareWasm } from "./wasm";

export { tf };
export type { Attribute, NativeBackend } from "./tensorflow";

/** Each backend by tfjs's name for it, the fastest first: its name to readers, and how it is made ready. */
const backends = {
  tensorflow: { title: "TensorFlow", prepare: prepareTensorFlow },
  wasm: { title: "WebAssembly", prepare: prepareWasm, slower: "about five times" },
  cpu: { title: "plain JavaScript", prepare: preparePlainJavaScript, slower: "about a hundred times" },
};

type Name = keyof typeof backends;

const wanted = threadsWanted();
const { name, reason } = choose(process.env.TRAINING_BACKEND);
void tf.setBackend(name); // at once, as it is ready

/** TensorFlow beneath tfjs, for operations and graphs; available even while another backend is in use. */
export const native = (name === "tensorflow" ? tf.findBackend(name) : undefined) as NativeBackend | undefined;

/** Threads that one operation may use. */
export const threads = native ? wanted : 1;

/** What makes other processes choose the same. */
export const environment = { TRAINING_BACKEND: name, TRAINING_THREADS: String(threads) };

/**
 * Names the order in which sums are taken, in which backends and numbers of threads differ, and so what histories can be
 * equal to the last bit.
 */
export const arithmetic =
  threads > 1 ? `${name}-${threads}-threads` : name === "wasm" && !hasSimd() ? "wasm-without-simd" : name;

/** @throws Error if there is no backend of that name, or if it cannot be used. */
function choose(forced?: string): { name: Name; reason?: string } {
  const names = Object.keys(backends) as Name[];
  if (forced && !Object.hasOwn(backends, forced))
    throw new Error(`TRAINING_BACKEND: expected one of ${names.join(", ")}, got "${forced}"`);
  const reasons: string[] = [];
  for (const name of forced ? [forced as Name] : names) {
    try {
      backends[name].prepare();
      return { name, reason: forced ? "TRAINING_BACKEND asks for it" : reasons.join(", ") };
    } catch (error) {
      reasons.push(`${backends[name].title} ${(error as Error).message}`);
    }
  }
  throw new Error(`TRAINING_BACKEND: ${reasons.join(", ")}`);
}

function preparePlainJavaScript(): void {
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

/** What is slower here than it could be, and why; nothing where TensorFlow computes. */
export function slowness(): string | undefined {
  if (name === "tensorflow") return undefined;
  const { title, slower } = backends[name];
  return (
    `Training runs on ${title}, ${slower} slower than on TensorFlow: ${reason}. ` +
    "npm run setup -- --help says what TensorFlow needs."
  );
}
