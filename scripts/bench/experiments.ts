// The chapter's nine experiments on MNIST at full length, each as the specs of its runs for one seed.
import type { History, RandomStream, RunSpec } from "../../lib/index.js";
import type { Library } from "../library.js";

export type { RunSpec };

export interface Experiment {
  /** The figure's number. */
  id: string;
  /** A description of its runs. */
  runs: string;
  specs: RunSpec[];
}

const SEED = 1;
const INPUTS = 784;
const TEST_IMAGES = 10_000;

const network = (hiddenLayers: number, options?: Partial<RunSpec["network"]>): RunSpec["network"] => ({
  inputSize: INPUTS,
  hiddenSizes: Array<number>(hiddenLayers).fill(100),
  outputSize: 10,
  ...options,
});

const sgd: RunSpec["optimizer"] = { name: "SGD", learningRate: 0.01 };

/** Figures 6-9 and 6-15: the loss, training on all images. */
const onAllImages = (what: Pick<RunSpec, "network" | "optimizer">): RunSpec => ({
  data: { images: 60_000 },
  batchSize: 128,
  iterations: 2000,
  record: ["loss"],
  seed: SEED,
  ...what,
});

/** Figures 6-18 and 6-19: one scale of the initial weights, without and with BatchNormalization. */
const normalization = (scale: number): RunSpec[] =>
  ([undefined, "before"] as const).map((batchNormalization) => ({
    data: { images: 1000 },
    network: network(5, { initialWeights: scale, ...(batchNormalization && { batchNormalization }) }),
    optimizer: sgd,
    batchSize: 100,
    epochs: 20,
    record: ["trainAccuracy"],
    seed: SEED,
  }));

const scales = Array.from({ length: 16 }, (_, i) => 10 ** ((-4 * i) / 15));

/** Figures 6-20, 6-21 and 6-23: 300 training images, and all test images at each epoch point. */
const overfitting = (options?: Partial<RunSpec["network"]>): RunSpec => ({
  data: { images: 300 },
  network: network(6, options),
  optimizer: sgd,
  batchSize: 100,
  epochs: 201,
  record: ["trainAccuracy", "testAccuracy"],
  seed: SEED,
});

/** For figure 6-23 the book uses its Trainer, which also takes the loss after each update. */
const byTrainer = (spec: RunSpec): RunSpec => ({ ...spec, epochs: 301, record: ["loss", ...spec.record] });

/** Figure 6-24: trials with weight decay 10^U(−8, −4) and learning rate 10^U(−6, −2). */
const trial = (stream: RandomStream, index: number): RunSpec => ({
  data: { images: 500, validation: 100, shuffleSeed: SEED },
  network: network(6, { weightDecay: 10 ** (-8 + 4 * stream.uniform()) }),
  optimizer: { name: "SGD", learningRate: 10 ** (-6 + 4 * stream.uniform()) },
  batchSize: 100,
  epochs: 50,
  record: ["loss", "trainAccuracy", "validationAccuracy"],
  seed: SEED + index,
});

export function chapterExperiments({ randomStream }: Library): Experiment[] {
  const search = randomStream(SEED, "search");
  return [
    {
      id: "6-9",
      runs: "4 update rules, 2000 updates each",
      specs: (["SGD", "Momentum", "AdaGrad", "Adam"] as const).map((name) =>
        onAllImages({ network: network(4), optimizer: { name, learningRate: name === "Adam" ? 0.001 : 0.01 } }),
      ),
    },
    {
      id: "6-15",
      runs: "3 scales of the initial weights, 2000 updates each",
      specs: ([0.01, "xavier", "he"] as const).map((initialWeights) =>
        onAllImages({ network: network(4, { initialWeights }), optimizer: sgd }),
      ),
    },
    { id: "6-18", runs: "without and with BatchNormalization, 20 epochs", specs: normalization(scales[6]) },
    {
      id: "6-19",
      runs: "16 scales, without and with BatchNormalization, 20 epochs",
      specs: scales.flatMap(normalization),
    },
    { id: "6-20", runs: "300 images, 201 epochs", specs: [overfitting()] },
    { id: "6-21", runs: "weight decay 0.1, 201 epochs", specs: [overfitting({ weightDecay: 0.1 })] },
    { id: "6-23 left", runs: "no Dropout, 301 epochs", specs: [byTrainer(overfitting())] },
    { id: "6-23 right", runs: "Dropout 0.15, 301 epochs", specs: [byTrainer(overfitting({ dropoutRate: 0.15 }))] },
    { id: "6-24", runs: "100 trials, 50 epochs each", specs: Array.from({ length: 100 }, (_, i) => trial(search, i)) },
  ];
}

/** The floating-point operations of the matrix products behind a history; everything else is left out. */
export function matrixOperations({ data, network, batchSize }: RunSpec, history: History): number {
  const sizes = [network.inputSize, ...network.hiddenSizes, network.outputSize];
  const forward = sizes.slice(1).reduce((sum, units, i) => sum + 2 * sizes[i] * units, 0);
  const firstLayer = 2 * sizes[0] * sizes[1];
  const taken = (values: (number | null)[]) => values.filter((value) => value !== null).length;
  const validation = data.validation ?? 0;
  const images =
    taken(history.trainAccuracy) * (data.images - validation) +
    taken(history.validationAccuracy) * validation +
    taken(history.testAccuracy) * TEST_IMAGES;
  // An update consists of forward, dW of every layer, and dx of every layer but the first.
  const updates = history.iterations * batchSize * (3 * forward - firstLayer);
  return updates + (taken(history.loss) * batchSize + images) * forward;
}
