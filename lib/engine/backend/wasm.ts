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
  cwrap?(name: string, returns: "number" | null, takes: "number"[]): (...numbers: number[]) => number;
  tfjs?: object;
}

/**
 * Starts tfjs's WebAssembly backend. Its own way to start is asynchronous, so that the first line that computes would have
 * to wait for it; but a module of this size may be compiled at once.
 *
 * @throws Error, worded to follow its name, if this JavaScript has none.
 */
export function prepareWasm(): void {
  if (typeof WebAssembly === "undefined") throw new Error("is not there");
  const name = WebAssembly.validate(SIMD) ? "tfjs-backend-wasm-simd.wasm" : "tfjs-backend-wasm.wasm";
  const code = new WebAssembly.Module(readFileSync(require.resolve(`@tensorflow/tfjs-backend-wasm/dist/${name}`)));
  const module: Module = {
    instantiateWasm(imports, done) {
      const instance = new WebAssembly.Instance(code, imports);
      done(instance);
      return instance.exports;
    },
  };
  const start = require("@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm.js") as (module: Module) => void;
  start(module);
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
