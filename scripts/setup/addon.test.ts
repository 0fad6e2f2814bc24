import assert from "node:assert/strict";
import test from "node:test";
import { linking } from "#setup/addon.mjs";

test("the addon finds TensorFlow's libraries from where it lies, on Linux and on macOS", () => {
  const folders = ["/clone/.cache/tensorflow/lib", "/clone/node_modules/tfjs/lib"] as const;
  assert.deepEqual(linking("linux", ...folders), [
    "-L/clone/.cache/tensorflow/lib",
    "-l:libtensorflow_cc.so.2",
    "-l:libtensorflow_framework.so.2",
    "-Wl,-rpath,$ORIGIN/../../../.cache/tensorflow/lib",
  ]);
  assert.deepEqual(linking("darwin", ...folders), [
    "-undefined",
    "dynamic_lookup",
    "/clone/.cache/tensorflow/lib/libtensorflow_cc.2.dylib",
    "/clone/.cache/tensorflow/lib/libtensorflow_framework.2.dylib",
    "-Wl,-rpath,@loader_path/../../../.cache/tensorflow/lib",
  ]);
});
