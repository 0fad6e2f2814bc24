import { readFileSync } from "node:fs";
import { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs";

/** The smallest module with an instruction for several numbers at once: `i8x16.splat`. */
const SIMD = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 253, 15, 11],
);

/** What is used of it; Node's types leave it to those of browsers. */
declare const WebAssembly: {
  validate(bytes: Uint8Array): boolean;
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { exports: object };
};

/** What the JavaScript around the WebAssembly module makes of the object that it is given. */
interface Module {
  instantiateWasm(imports: object, done: (instance: object) => void): object;
  /** The place of so many bytes; 0 if there is no room for them. */
  _malloc?(bytes: number): number;
  cwrap?(name: string, returns: "number" | null, takes: "number"[]): (...numbers: number[]) => number;
  tfjs?: object;
}

/** Whether several numbers are computed at once, and sums so taken in another order. */
export const hasSimd = (): boolean => WebAssembly.validate(SIMD);

/** Without the listeners that `start` adds to the process: they end it at an error that nobody catches, even if others handle it. */
function withoutItsListeners(start: () => void): void {
  const events = ["uncaughtException", "unhandledRejection"];
  const before = events.map((event) => process.rawListeners(event));
  start();
  events.forEach((event, i) => {
    for (const listener of process.rawListeners(event))
      if (!before[i].includes(listener)) process.removeListener(event, listener as (...args: unknown[]) => void);
  });
}

/**
 * Starts tfjs's WebAssembly backend. Its own way to start is asynchronous, so that the first line that computes would have
 * to wait for it; but a module of this size may be compiled at once.
 *
 * @throws Error, worded to follow its name, if this JavaScript has none.
 */
export function prepareWasm(): void {
  if (typeof WebAssembly === "undefined") throw new Error("is not there");
  const name = hasSimd() ? "tfjs-backend-wasm-simd.wasm" : "tfjs-backend-wasm.wasm";
  const code = new WebAssembly.Module(readFileSync(require.resolve(`@tensorflow/tfjs-backend-wasm/dist/${name}`)));
  const module: Module = {
    instantiateWasm(imports, done) {
      const instance = new WebAssembly.Instance(code, imports);
      done(instance);
      return instance.exports;
    },
  };
  const start = require("@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm.js") as (module: Module) => void;
  withoutItsListeners(() => start(module));
  module._malloc!(0); // its first call puts another function in its place
  const allocate = module._malloc!;
  module._malloc = (bytes) => {
    const place = allocate(bytes);
    // tfjs would write to the place 0, over what is there.
    if (place === 0 && bytes > 0)
      throw new Error(`WebAssembly's 4 GB of memory have no room for ${bytes} bytes more; dispose of tensors`);
    return place;
  };
  const wrap = module.cwrap!;
  module.tfjs = {
    init: wrap("init", null, []),
    initWithThreadsCount: wrap("init_with_threads_count", null, ["number"]),
    getThreadsCount: wrap("get_threads_count", "number", []),
    registerTensor: wrap("register_tensor", null, ["number", "number", "number"]),
    disposeData: wrap("dispose_data", null, ["number"]),
    dispose: wrap("dispose", null, []),
  };
  tf.removeBackend("wasm"); // the one that starts asynchronously
  const backend = new BackendWasm(module as unknown as ConstructorParameters<typeof BackendWasm>[0]);
  tf.registerBackend("wasm", () => backend);
}
