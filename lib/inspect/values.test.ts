import test from "node:test";
import assert from "node:assert/strict";
import { inspect } from "node:util";
import { crc32, inflateSync } from "node:zlib";
import {
  Adam,
  AdaGrad,
  Dataset,
  logUniform,
  Momentum,
  Nesterov,
  Network,
  randomSearch,
  randomStream,
  RMSProp,
  run,
  runAll,
  search,
  SGD,
  splitValidation,
  tf,
  Trainer,
  type Optimizer,
  type RunSpec,
} from "../index";
import { GaussianProcess } from "../search";
import { showsItself } from "./history";
import { png } from "../figures/png";

/** A value's rich form. */
function rich(value: unknown): Record<string, string> {
  return (value as Record<symbol, () => Record<string, string>>)[Symbol.for("Jupyter.display")]();
}

const form = { rows: 2, columns: 3, classes: 4 };
const images = new Dataset(
  Uint8Array.from({ length: 72 }, (_, i) => i),
  Uint8Array.from([0, 1, 1, 3, 3, 3, 0, 1, 1, 3, 3, 3]),
  form,
);

const spec: RunSpec = {
  data: { images: 300 },
  network: { inputSize: 784, hiddenSizes: [10], outputSize: 10 },
  optimizer: { name: "SGD", learningRate: 0.1 },
  batchSize: 100,
  epochs: 3,
  record: ["loss", "testAccuracy"],
  seed: 1,
};

test("a data set shows its counts, and how images and labels are handed over", () => {
  assert.equal(
    inspect(images),
    [
      "Dataset of 12 images",
      "  2 × 3 pixels, as [6] from 0 to 1; labels 0 to 3",
      "  label   0  1  2  3",
      "  images  2  4  0  6",
    ].join("\n"),
  );
  const parts = inspect(splitValidation(images, 0.25));
  assert.match(parts, /^\{\n {2}train: Dataset of 9 images\n {4}2 × 3 pixels/);
  assert.equal(inspect({ a: { images } }, { depth: 0 }), "{ a: [Object] }");
  assert.equal(inspect({ images }, { depth: 0 }), "{ images: [Dataset of 12 images] }");
});

test("to show a data set makes no numbers and no tensors of it", () => {
  const before = tf.memory();
  const set = images.take(12);
  inspect(set);
  rich(set);
  assert.deepEqual(tf.memory(), before);
  assert.deepEqual([set["numbers"], set["made"]], [undefined, undefined]);
});

test("the first ten images are pictures with their labels", () => {
  const { "text/html": html } = rich(images);
  const pictures = [
    ...html.matchAll(/<img src="data:image\/png;base64,([^"]+)" alt="([^"]+)" width="(\d+)" height="(\d+)"/g),
  ];
  assert.equal(pictures.length, 10);
  const [, data, alt, width, height] = pictures[3];
  assert.deepEqual([alt, width, height], ["image 3, labelled 3", "6", "4"]);
  assert.deepEqual(pixelsOf(Buffer.from(data, "base64")), { columns: 3, rows: 2, pixels: [18, 19, 20, 21, 22, 23] });
});

test("pictures of large images are small, and many labels are cut short", () => {
  const pixels = Uint8Array.from({ length: 12 * 100 * 90 }, (_, i) => (i * 7919) % 251);
  const set = new Dataset(pixels, new Uint8Array(12), { ...form, rows: 100, columns: 90, classes: 300 });
  const { "text/html": html } = rich(set);
  // Every fourth pixel.
  assert.match(html, /width="46" height="50"/);
  assert.ok(html.length < 20_000, `${html.length}`);
  assert.match(inspect(set), /\n {2}label {3} 0 {2}1 .* 19 {2}…\n {2}images {2}12 {2}0 /);
});

/** What a PNG file of grey pixels holds, each part's sum checked. */
function pixelsOf(file: Buffer): { columns: number; rows: number; pixels: number[] } {
  assert.equal(file.subarray(0, 8).toString("latin1"), "\x89PNG\r\n\x1a\n");
  const parts: Record<string, Buffer> = {};
  for (let at = 8; at < file.length;) {
    const length = file.readUInt32BE(at);
    const body = file.subarray(at + 4, at + 8 + length);
    assert.equal(file.readUInt32BE(at + 8 + length), crc32(body));
    parts[body.toString("latin1", 0, 4)] = body.subarray(4);
    at += 12 + length;
  }
  assert.deepEqual(Object.keys(parts), ["IHDR", "IDAT", "IEND"]);
  const [columns, rows] = [parts.IHDR.readUInt32BE(0), parts.IHDR.readUInt32BE(4)];
  assert.deepEqual([...parts.IHDR.subarray(8)], [8, 0, 0, 0, 0]);
  const lines = inflateSync(parts.IDAT);
  const pixels = Array.from({ length: rows }, (_, row) => [
    ...lines.subarray(row * (columns + 1) + 1, (row + 1) * (columns + 1)),
  ]);
  return { columns, rows, pixels: pixels.flat() };
}

test("a PNG file holds the pixels it was made of", () => {
  const pixels = Uint8Array.from([0, 255, 7, 128, 1, 2]);
  assert.deepEqual(pixelsOf(png(pixels, 2, 3)), { columns: 2, rows: 3, pixels: [...pixels] });
});

test("a network is a table of its layers", () => {
  const before = tf.memory().numTensors;
  const network = new Network(
    {
      inputSize: 6,
      hiddenSizes: [5, 4],
      outputSize: 3,
      activation: "tanh",
      batchNormalization: "before",
      dropoutRate: 0.2,
      weightDecay: 0.1,
    },
    1,
  );
  const made = tf.memory();
  // By hand: 6 · 5 + 5 = 35, 5 + 5 = 10, 5 · 4 + 4 = 24, 4 + 4 = 8, 4 · 3 + 3 = 15; 92 in all.
  const text = [
    "Network 6 → 5 → 4 → 3, 92 parameters",
    "  layer               output         parameters",
    "  ------------------  -------------  ----------",
    "  Affine              [batch, 5]             35",
    "  BatchNormalization  [batch, 5]             10",
    "  Tanh                [batch, 5]              0",
    "  Dropout             [batch, 5]              0",
    "  Affine              [batch, 4]             24",
    "  BatchNormalization  [batch, 4]              8",
    "  Tanh                [batch, 4]              0",
    "  Dropout             [batch, 4]              0",
    "  Affine              [batch, 3]             15",
    "  SoftmaxWithLoss     [], the loss            0",
    "  initial weights: he; dropout rate: 0.2; weight decay: 0.1 (L2)",
  ];
  const tidied = (lines: string[]) => lines.map((line) => line.replace(/ {2,}/g, "  ").replace(/-+/g, "-"));
  assert.deepEqual(tidied(inspect(network).split("\n")), tidied(text));
  assert.match(rich(network)["text/markdown"], /\n\| Affine \| \[batch, 5\] \| 35 \|\n/);
  assert.equal(inspect({ network }, { depth: 0 }), "{ network: [Network 6 → 5 → 4 → 3, 92 parameters] }");
  assert.deepEqual(tf.memory(), made);
  assert.deepEqual(
    network["layers"].slice(0, 4).map((layer) => inspect(layer)),
    [
      "Affine { W: [ 6, 5 ], b: [ 5 ] }",
      "BatchNormalization { gamma: [ 5 ], beta: [ 5 ], momentum: 0.9 }",
      "Tanh {}",
      "Dropout { rate: 0.2, inverted: false }",
    ],
  );
  network.dispose();
  assert.match(inspect(network), /^Network 6 → 5 → 4 → 3, 92 parameters, disposed\n/);
  assert.equal(tf.memory().numTensors, before);
});

test("a network says how its weights start, and which norm decays", () => {
  const network = new Network(
    { inputSize: 2, hiddenSizes: [], outputSize: 2, initialWeights: 0.01, weightDecay: 1e-3, weightDecayNorm: "L1" },
    1,
  );
  assert.match(inspect(network), /\n {2}initial weights: standard deviation 0.01; weight decay: 0.001 \(L1\)$/);
  network.dispose();
});

test("a rule shows its hyperparameters, and the steps where it counts them", () => {
  const rules = [new SGD(0.1), new Momentum(), new Nesterov(), new AdaGrad(), new RMSProp(), new Adam()];
  assert.deepEqual(
    rules.map((rule) => inspect(rule)),
    [
      "SGD { learningRate: 0.1 }",
      "Momentum { learningRate: 0.01, momentum: 0.9 }",
      "Nesterov { learningRate: 0.01, momentum: 0.9 }",
      "AdaGrad { learningRate: 0.01 }",
      "RMSProp { learningRate: 0.01, decayRate: 0.99 }",
      "Adam { learningRate: 0.001, beta1: 0.9, beta2: 0.999 }",
    ],
  );
  const adam = rules.at(-1)!;
  tf.tidy(() => adam.update({ W: tf.variable(tf.ones([2])) }, { W: tf.ones([2]) }));
  assert.equal(inspect({ adam }), "{\n  adam: Adam { learningRate: 0.001, beta1: 0.9, beta2: 0.999, steps: 1 }\n}");
  adam.dispose();
});

test("a reader's own rule is shown as Node shows it, with what it adds to one of the library's", () => {
  class Own implements Optimizer {
    readonly rate = 1;
    update(): void {}
    dispose(): void {}
  }
  class Clipped extends SGD {
    readonly most = 5;
  }
  assert.equal(inspect(new Own()), "Own { rate: 1 }");
  assert.equal(inspect(new Clipped()), "Clipped { learningRate: 0.01, most: 5 }");
});

test("histories show their first and last numbers and a curve", async () => {
  const none = { trainAccuracy: [], validationAccuracy: [], testAccuracy: [], divergedAt: null };
  const loss = [8, 7, 6, 5, 4, 3, 2, 1];
  assert.equal(inspect(showsItself({ ...none, iterations: 8, loss })), "History of 8 updates: loss 8 → 1 █▇▆▅▄▃▂▁");
  assert.equal(
    inspect([showsItself({ ...none, iterations: 8, loss, testAccuracy: [0.25, null, 0.875] })]),
    "[\n  History of 8 updates\n    loss          8 → 1         █▇▆▅▄▃▂▁\n    testAccuracy  0.25 → 0.875  ▁·█\n]",
  );
  assert.equal(
    inspect(showsItself({ ...none, iterations: 1, loss: [null, null], divergedAt: 1 })),
    "History of 1 update, diverged after 1: loss not finite",
  );
  assert.equal(
    inspect(showsItself({ ...none, iterations: 2, loss: [36167296829358080, 2] }))
      .split(" ")
      .slice(0, 8)
      .join(" "),
    "History of 2 updates: loss 3.62e+16 → 2",
  );
  assert.equal(inspect(showsItself({ ...none, iterations: 0, loss: [] })), "History of 0 updates");
  assert.equal(inspect(showsItself({ ...none, iterations: 2, loss: [1, 1] })), "History of 2 updates: loss 1 → 1 ▅▅");
  assert.equal(
    inspect({ a: showsItself({ ...none, iterations: 2, loss: [1, 1] }) }, { depth: 0 }),
    "{ a: [History of 2 updates] }",
  );
  const long = inspect(showsItself({ ...none, iterations: 2400, loss: Array.from({ length: 2400 }, (_, i) => i) }));
  assert.match(long, /^History of 2400 updates: loss 0 → 2399 [▁-█]{24}$/);
});

test("a history is drawn in few bytes, with gaps, and described", () => {
  const accuracy = Array.from({ length: 1000 }, (_, i) => (i < 500 ? Math.sin(i) : null));
  const history = showsItself({
    iterations: 1000,
    loss: [3, null, 1, null],
    trainAccuracy: accuracy,
    validationAccuracy: [],
    testAccuracy: [],
    divergedAt: 500,
  });
  const { "text/html": html } = rich(history);
  assert.match(html, /<th style="text-align: left">loss<\/th><td>4<\/td><td>3<\/td><td>not finite<\/td>/);
  assert.match(html, /alt="loss, from 3 → not finite"/);
  const [first] = [...html.matchAll(/svg\+xml;base64,([^"]+)"/g)].map(([, data]) =>
    Buffer.from(data, "base64").toString(),
  );
  assert.match(first, /d="M30\.0 2\.0L30\.0 2\.0M150\.0 38\.0L150\.0 38\.0"/);
  assert.ok(html.length < 5000, `${html.length}`);
});

test("a history stays plain numbers", async () => {
  const history = await run(spec);
  const plain = JSON.parse(JSON.stringify(history));
  assert.deepStrictEqual(history, plain);
  assert.deepStrictEqual(structuredClone(history), plain);
  assert.deepStrictEqual({ ...history }, plain);
  assert.deepStrictEqual(Reflect.ownKeys({ ...history }), Object.keys(plain));
  assert.match(inspect(history), /^History of 7 updates\n {2}loss +[\d.]+ → [\d.]+ +[▁-█]{7}\n {2}testAccuracy +/);
});

test("what runs, searches and a Trainer leave shows itself", async () => {
  const [history] = await runAll([spec], { workers: 1 });
  assert.match(inspect(history), /^History of 7 updates\n/);

  const trials = await search(
    randomSearch,
    {
      space: { learningRate: logUniform(0.01, 0.1) },
      specOf: ({ learningRate }, epochs) => ({
        ...spec,
        data: { images: 300, validation: 100 },
        record: ["validationAccuracy"],
        optimizer: { name: "SGD", learningRate },
        epochs,
      }),
      epochs: 2,
      budget: 3,
      seed: 1,
    },
    { workers: 1 },
  );
  assert.match(
    inspect(trials),
    /^\[\n {2}Trial \{\n {4}point: \{ learningRate: 0\.0\d+ \},\n {4}epochs: 2,\n {4}score: [\d.]+,\n {4}steps: 3,\n {4}spent: 3\n {2}\}\n\]$/,
  );
  assert.match(inspect(trials[0].history), /^History of 3 updates: validationAccuracy /);
  assert.deepStrictEqual({ ...trials[0] }, JSON.parse(JSON.stringify(trials[0])));

  const network = new Network({ inputSize: 6, hiddenSizes: [5], outputSize: 4 }, 1);
  const options = { batchSize: 4, iterations: 5, record: ["loss" as const], seed: 3 };
  const trainer = new Trainer(network, new SGD(0.1), { train: images.tensors() }, options);
  trainer.step();
  const before = tf.memory();
  const text = inspect(trainer);
  assert.deepEqual(tf.memory(), before);
  assert.match(text, /^Trainer \{\n {2}updates: '1 of 5',\n {2}network: Network 6 → 5 → 4, 59 parameters\n {4}layer /);
  assert.match(
    text,
    /\n {2}optimizer: SGD \{ learningRate: 0\.1, steps: 1 \},\n {2}images: \{ train: 12 \},\n {2}batchSize: 4,\n {2}record: \[ 'loss' \],\n {2}seed: 3,\n {2}history: History of 1 update: loss [\d.]+ ▅\n\}$/,
  );
  assert.match(inspect(trainer.history), /^History of 1 update: loss /);
  network.dispose();
  images.dispose();
});

test("streams, ranges and processes show what they were made of", () => {
  assert.equal(inspect(randomStream(7, "weights")), "RandomStream { seed: 7, name: 'weights' }");
  assert.equal(inspect({ learningRate: logUniform(0.01, 1) }), "{ learningRate: LogUniform { low: 0.01, high: 1 } }");
  const process = new GaussianProcess([[0], [1]], [1, 2], { lengthScales: [1], variance: 1, noise: 0.1 });
  assert.match(
    inspect(process),
    /^GaussianProcess \{\n {2}places: 2,\n {2}lengthScales: \[ 1 \],\n {2}variance: 1,\n {2}noise: 0\.1,\n {2}logLikelihood: -3\.6\d+\n\}$/,
  );
});

test("classes are shown as Node shows them", () => {
  for (const type of [Dataset, Network, SGD, Trainer]) {
    assert.match(inspect(type), /^\[class /);
    assert.doesNotThrow(() => inspect(type, { showHidden: true }));
  }
});
