/**
 * The exercises of section 6.2, initial weights.
 */
import { leastIndex, mean } from "d3-array";
import { tf } from "../engine/backend";
import type { RunSpec } from "../experiments";
import { weightScale } from "../initializers";
import { randomStream } from "../random";
import { equal, near, type Finding } from "./finding";
import { ofRuns, ran, type Rows } from "./runs";

type Scale = "xavier" | "he";

export const section62 = {
  /** Which layer of 784-100-100-10 differs most between Glorot and Bengio's scale and 1/√n, and by which factor. */
  "6.2-1": (answer: { layer?: string; factor?: number }): Finding[] => {
    const layers = [
      { name: "784-100", inputs: 784, outputs: 100 },
      { name: "100-100", inputs: 100, outputs: 100 },
      { name: "100-10", inputs: 100, outputs: 10 },
    ].map(({ name, inputs, outputs }) => ({ name, factor: Math.sqrt((2 * inputs) / (inputs + outputs)) }));
    const most = layers.reduce((best, layer) => (layer.factor > best.factor ? layer : best));
    return [
      equal("the layer that differs most", answer.layer, most.name),
      near("the factor there", answer.factor, most.factor, 0.005),
    ];
  },

  /** What is left of the mean ReLU activation after nine more layers: the factor σ√(n/2) of each, nine times over. */
  "6.2-2": (answer: { xavier?: number; he?: number }): Finding[] => {
    const left = (scale: Scale) => (weightScale(scale, 100) * Math.sqrt(100 / 2)) ** 9;
    return [
      near("Xavier's scale, layer 10 / layer 1", answer.xavier, left("xavier"), 0.002),
      near("He's scale, layer 10 / layer 1", answer.he, left("he"), 0.01),
    ];
  },

  /** Tanh from Xavier's and from He's scale: which learns faster, by the reader's runs, and the gradient that arrives. */
  "6.2-3": (answer: { runs?: Rows; lower?: Scale; arrivesFromXavier?: number; arrivesFromHe?: number }): Finding[] => {
    const scales = ["xavier", "he"] as const;
    const { finding, histories } = ran(
      answer.runs,
      scales.flatMap((scale) =>
        [1, 2].map((seed) => ({ name: `"${scale}" and seed ${seed}`, spec: askedFor(scale, seed) })),
      ),
    );
    const part = "the scale with the lower loss in these runs";
    return [
      finding,
      ofRuns(part, answer.lower, histories, (lower, histories) => {
        const losses = [histories.slice(0, 2), histories.slice(2)].map((runs) =>
          mean(runs, ({ loss }) => mean(loss.slice(-100), (value) => value ?? Infinity)),
        );
        return equal(part, lower, scales[leastIndex(losses)!]);
      }),
      near(
        "gradient that arrives from Xavier's scale",
        answer.arrivesFromXavier,
        gradientArriving(weightScale("xavier", 100)),
        0.1,
      ),
      near(
        "gradient that arrives from He's scale",
        answer.arrivesFromHe,
        gradientArriving(weightScale("he", 100)),
        0.1,
      ),
    ];
  },
};

/** The training of section 6.2.4 with tanh. */
const askedFor = (initialWeights: Scale, seed: number): RunSpec => ({
  data: { images: 60_000 },
  network: {
    inputSize: 784,
    hiddenSizes: [100, 100, 100, 100],
    outputSize: 10,
    activation: "tanh",
    initialWeights,
  },
  optimizer: { name: "SGD", learningRate: 0.01 },
  batchSize: 128,
  iterations: 2000,
  record: ["loss"],
  seed,
});

/**
 * Which part of a gradient arrives at the first of five layers of 100 tanh units with random weights: by automatic
 * differentiation, where the notebook goes back layer by layer.
 */
function gradientArriving(std: number): number {
  return tf.tidy(() => {
    const x = tf.tensor2d(randomStream(1, "inputs").normals(200 * 100), [200, 100]);
    const stream = randomStream(1, "weights");
    const [first, ...weights] = Array.from({ length: 5 }, () =>
      tf.tensor2d(stream.normals(100 * 100, std), [100, 100]),
    );
    const sent = tf.tensor2d(randomStream(1, "gradient").normals(200 * 100), [200, 100]);
    const fromFirstLayer = (y: tf.Tensor) =>
      weights
        .reduce((y, W) => y.matMul(W).tanh(), y)
        .mul(sent)
        .sum();
    const arrived = tf.grad(fromFirstLayer)(x.matMul(first).tanh());
    const rms = (gradient: tf.Tensor) => gradient.square().mean().sqrt().dataSync()[0];
    return rms(arrived) / rms(sent);
  });
}
