import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test, type TestContext } from "node:test";
import { native } from ".";
import { test as testOnTensorFlow, testIf } from "../../testing/on-tensorflow";
import { runKey } from "../../experiments/key";
import type { RunSpec } from "../../experiments/spec";

const build = join(__dirname, "../..");

const spec: RunSpec = {
  data: { images: 300 },
  network: { inputSize: 784, hiddenSizes: [20], outputSize: 10 },
  optimizer: { name: "SGD", learningRate: 0.1 },
  batchSize: 100,
  iterations: 3,
  record: ["loss"],
  seed: 1,
};

/** What a program prints that has the library as `lib`, in another process. */
function printed(program: string, environment: Record<string, string> = {}, library = build) {
  const { TRAINING_BACKEND: _, TRAINING_THREADS: __, ...rest } = process.env;
  const script = `const lib = require(${JSON.stringify(library)}); (async () => { ${program} })();`;
  const { stdout, stderr } = spawnSync(process.execPath, ["-e", script], {
    env: { ...rest, ...environment },
    encoding: "utf8",
  });
  return { lines: stdout.trim().split("\n"), stderr };
}

const keyAndLoss = `
  const { runKey } = require(${JSON.stringify(join(build, "experiments/key.js"))});
  const spec = ${JSON.stringify(spec)};
  const [history] = await lib.runAll([spec], { workers: 1 });
  console.log(JSON.stringify({ key: runKey(spec), info: lib.backendInfo(), loss: history.loss }));`;

testOnTensorFlow("each backend trains, says what is slower about it, and has keys of its own", () => {
  const variants: Record<string, string>[] = [
    {},
    { TRAINING_BACKEND: "wasm" },
    { TRAINING_BACKEND: "cpu" },
    { TRAINING_THREADS: "2" },
  ];
  const results = variants.map((variant) => {
    const { lines, stderr } = printed(keyAndLoss, variant);
    assert.equal(lines.length, 1, stderr);
    return { said: stderr.trimEnd(), ...(JSON.parse(lines[0]) as { key: string; info: object; loss: number[] }) };
  });
  const [tensorflow, ...others] = results;
  assert.deepEqual(
    results.map(({ said }) => said),
    [
      "",
      "Training runs on WebAssembly, about five times slower than on TensorFlow: TRAINING_BACKEND asks for it. npm run setup -- --help says what TensorFlow needs.",
      "Training runs on plain JavaScript, about a hundred times slower than on TensorFlow: TRAINING_BACKEND asks for it. npm run setup -- --help says what TensorFlow needs.",
      "",
    ],
  );
  assert.deepEqual(
    results.map(({ info }) => info),
    [
      { ...tensorflow.info, backend: "tensorflow" },
      { backend: "wasm", tfjs: "4.22.0", node: process.versions.node },
      { backend: "cpu", tfjs: "4.22.0", node: process.versions.node },
      { ...tensorflow.info, threads: 2 },
    ],
  );
  for (const { loss } of others)
    loss.forEach((value, i) => assert.ok(Math.abs(value / tensorflow.loss[i] - 1) < 1e-6, `${value}`));
  assert.equal(new Set(results.map(({ key }) => key)).size, 4);
  assert.equal(tensorflow.key, runKey(spec));
});

test("a name that is no backend's, and a number that is none of threads, are refused", () => {
  const error = (environment: Record<string, string>) => /^Error: (.*)$/m.exec(printed("", environment).stderr)?.[1];
  assert.equal(
    error({ TRAINING_BACKEND: "webgpu" }),
    'TRAINING_BACKEND: expected one of tensorflow, wasm, cpu, got "webgpu"',
  );
  for (const wanted of ["0", "-1", "two", "1.5", "1000"])
    assert.equal(
      error({ TRAINING_THREADS: wanted }),
      `TRAINING_THREADS: expected a whole number from 1 to 999, or all, got "${wanted}"`,
    );
});

/** A copy of the library's build, with all packages, and tfjs-node's addon replaced by these bytes, or left out. */
function withAddon(t: TestContext, addon?: string): string {
  const folder = mkdtempSync(join(tmpdir(), "backend-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const tfjsNode = dirname(require.resolve("@tensorflow/tfjs-node/package.json"));
  const modules = join(tfjsNode, "../..");
  const link = (place: string) => {
    for (const name of readdirSync(join(modules, place)))
      if (!["@tensorflow", "tfjs-node"].includes(name))
        symlinkSync(join(modules, place, name), join(folder, "node_modules", place, name));
  };
  mkdirSync(join(folder, "node_modules/@tensorflow"), { recursive: true });
  link("");
  link("@tensorflow");
  const copy = join(folder, "node_modules/@tensorflow/tfjs-node");
  cpSync(tfjsNode, copy, { recursive: true, filter: (file) => !/[/\\](lib|deps)$/.test(file) });
  if (addon !== undefined) {
    mkdirSync(join(copy, "lib/napi-v8"), { recursive: true });
    writeFileSync(join(copy, "lib/napi-v8/tfjs_binding.node"), addon);
  }
  cpSync(build, join(folder, "lib/dist"), { recursive: true });
  return join(folder, "lib/dist");
}

test("where TensorFlow's addon is missing or does not load, WebAssembly takes its place, and says why", (t) => {
  const info = `console.log(lib.backendInfo().backend, lib.tf.tensor1d([3, 4]).square().sum().dataSync()[0])`;
  for (const [addon, reason] of [
    [undefined, /^Training runs on WebAssembly, .*: TensorFlow is not built here\. npm run setup/],
    [
      "no library",
      /^Training runs on WebAssembly, .*: TensorFlow does not load \(.*tfjs_binding\.node.*\)\. npm run setup/,
    ],
  ] as const) {
    const library = withAddon(t, addon);
    const { lines, stderr } = printed(info, {}, library);
    assert.match(stderr, reason);
    assert.deepEqual(lines, ["wasm 25"]);
    assert.match(
      printed(info, { TRAINING_BACKEND: "tensorflow" }, library).stderr,
      /^Error: TRAINING_BACKEND: TensorFlow (is not built here|does not load)/m,
    );
  }
});

test("WebAssembly leaves what nobody catches to others, and says when its memory is full", () => {
  const program = `
    console.log(process.listenerCount("uncaughtException"), process.listenerCount("unhandledRejection"));
    const kept = lib.tf.tensor1d([1, 2]);
    const full = [];
    try { for (;;) full.push(lib.tf.backend().makeOutput([2 ** 27], "float32")); } catch ({ message }) { console.log(message); }
    console.log(full.length, String(kept.dataSync()));`;
  assert.deepEqual(printed(program, { TRAINING_BACKEND: "wasm" }).lines, [
    "0 0",
    "WebAssembly's 4 GB of memory have no room for 536870912 bytes more; dispose of tensors",
    "7 1,2",
  ]);
});

for (const TRAINING_BACKEND of ["tensorflow", "wasm", "cpu"])
  testIf(TRAINING_BACKEND !== "tensorflow" || native !== undefined)(
    `sums of a large matrix are right to six digits on ${TRAINING_BACKEND}`,
    () => {
      const program = `
      const { total, halfSumOfSquares } = require(${JSON.stringify(join(build, "engine/operations.js"))});
      const values = lib.randomStream(1, "W").normals(4_000_000, 0.1);
      const W = lib.tf.tensor2d(values, [2000, 2000]);
      const exact = [0, 0];
      for (const value of values) { exact[0] += Math.abs(value); exact[1] += value ** 2 / 2; }
      const found = [total(W.abs()), halfSumOfSquares(W)].map((sum) => sum.dataSync()[0]);
      console.log(Math.max(...found.map((sum, i) => Math.abs(sum / exact[i] - 1))));`;
      const { lines } = printed(program, { TRAINING_BACKEND });
      assert.ok(Number(lines[0]) < 1e-6, lines[0]);
    },
  );
