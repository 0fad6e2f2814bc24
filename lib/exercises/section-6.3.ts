/**
 * The exercises of section 6.3, batch normalization.
 */
import { greatestIndex } from "d3-array";
import { loadMnist } from "../data/mnist";
import { tf } from "../engine/backend";
import type { RunSpec } from "../experiments";
import { accuracyOf, Network } from "../network";
import { SGD } from "../optimizers";
import { randomStream } from "../random";
import { Trainer } from "../trainer";
import { equal, holds, near, type Finding } from "./finding";
import { ofRuns, ran, type Rows } from "./runs";

export const section63 = {
  /** What the layer makes of the values 1, 2, 3, 6 of one unit, and of the same plus 100. */
  "6.3-1": (answer: { output?: number[]; shifted?: number[]; needsBias?: boolean }): Finding[] => {
    const right = normalized([1, 2, 3, 6]);
    return [
      nearEach("the output", answer.output, right, 0.005),
      nearEach("the output after adding 100", answer.shifted, right, 0.005),
      holds(
        "whether the affine layer needs its bias",
        answer.needsBias === undefined ? undefined : !answer.needsBias,
        "a bias adds the same number to all values of a unit, just as you did",
      ),
    ];
  },

  /** The sum of each column of dx over a batch of 20, and the largest dx, for given x and dy. */
  "6.3-2": (answer: { sums?: number[]; largest?: number }): Finding[] => {
    const random = randomStream(2, "exercise");
    const [x, dy] = [0, 1].map(() => columnsOf(random.normals(20 * 4), 4));
    const dx = x.map((column, unit) => slopes(column, dy[unit]));
    const sums = dx.map((column) => column.reduce((sum, value) => sum + value, 0));
    return [
      nearEach("the sums", answer.sums, sums, 1e-4),
      near("the largest dx", answer.largest, Math.max(...dx.flat().map(Math.abs)), 0.002),
    ];
  },

  /** Which of four learning rates suits the network with batch normalization that starts from standard deviation 1. */
  "6.3-3": ({ runs, best }: { runs?: Rows; best?: number }): Finding[] => {
    const rates = [0.01, 0.1, 1, 10];
    const { finding, histories } = ran(
      runs,
      rates.map((rate) => ({ name: `learning rate ${rate}`, spec: askedFor(rate) })),
    );
    const part = "the learning rate with the highest accuracy";
    return [
      finding,
      ofRuns(part, best, histories, (best, histories) => {
        const highest = greatestIndex(histories, ({ trainAccuracy }) => trainAccuracy.at(-1) ?? 0);
        return equal(part, best, rates[highest!]);
      }),
    ];
  },

  /** Accuracy after 9 updates: with the running averages, with the batch's own; and the share seen by those averages. */
  "6.3-4": (answer: { running?: number; own?: number; share?: number }): Finding[] => {
    const right = answer.running === undefined && answer.own === undefined ? undefined : afterNineUpdates();
    return [
      near("with the running averages", answer.running, right?.running ?? NaN, 0.01),
      near("with the statistics of the images themselves", answer.own, right?.own ?? NaN, 0.01),
      near("the share of the running averages that is from batches", answer.share, 1 - 0.9 ** 9, 0.005),
    ];
  },
};

const average = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Equation (6.7) in float64, for the values of one unit over a batch. */
function normalized(values: readonly number[]): number[] {
  const mean = average(values);
  const variance = average(values.map((value) => (value - mean) ** 2));
  return values.map((value) => (value - mean) / Math.sqrt(variance + 1e-6));
}

/** The gradient of Σ dy · x̂ along each x, by central differences: float64 has the digits for it. */
function slopes(x: readonly number[], dy: readonly number[]): number[] {
  const h = 1e-5;
  const loss = (i: number, step: number) =>
    normalized(x.map((value, j) => (i === j ? value + step : value))).reduce((sum, y, j) => sum + y * dy[j], 0);
  return x.map((_, i) => (loss(i, h) - loss(i, -h)) / (2 * h));
}

function columnsOf(values: Float32Array, columns: number): number[][] {
  return Array.from({ length: columns }, (_, unit) => [...values].filter((_, i) => i % columns === unit));
}

function nearEach(part: string, answer: number[] | undefined, right: number[], within: number): Finding {
  if (answer === undefined || answer.some(Number.isNaN)) return { part, right: undefined };
  if (answer.length !== right.length) return holds(part, false, `${answer.length} numbers instead of ${right.length}`);
  const findings = answer.map((value, i) => near(part, value, right[i], within));
  return findings.find((finding) => finding.right === false) ?? findings[0];
}

/** The network of figure 6-19 whose weights start from a standard deviation of 1, trained with a learning rate. */
const askedFor = (learningRate: number): RunSpec => ({
  data: { images: 1000 },
  network: {
    inputSize: 784,
    hiddenSizes: [100, 100, 100, 100, 100],
    outputSize: 10,
    initialWeights: 1,
    batchNormalization: "before",
  },
  optimizer: { name: "SGD", learningRate },
  batchSize: 100,
  epochs: 20,
  record: ["trainAccuracy"],
  seed: 1,
});

function afterNineUpdates(): { running: number; own: number } {
  const { x, t, count } = loadMnist().train.take(1000).tensors();
  const network = new Network({ ...askedFor(0.01).network, initialWeights: "he" }, 1);
  try {
    const options = { batchSize: 100, iterations: 9, record: [], seed: 1 };
    const trainer = new Trainer(network, new SGD(0.01), { train: { x, t, count } }, options);
    while (trainer.done < trainer.iterations) trainer.step();
    const running = network.accuracy(x, t);
    const own = tf.tidy(() => accuracyOf(network.predict(x, true).argMax(1), t));
    return { running, own };
  } finally {
    network.dispose();
    tf.dispose([x, t]);
  }
}
