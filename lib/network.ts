import { z } from "zod";
import { checked, count, namesIn, notNegative, share } from "./checked";
import { tf } from "./engine/backend";
import { initialWeights, scales, type InitialWeights } from "./initializers";
import { argMax } from "./engine/operations";
import { activations, Affine, BatchNormalization, Dropout, SoftmaxWithLoss, type Layer } from "./layers";
import { checkClasses, checkLabels } from "./layers/softmax-with-loss";
import type { Grads, Params } from "./optimizers";
import { randomStream, type RandomStream } from "./random";
import { norms, penalty, type Norm } from "./weight-decay";

/** What a network is made of: plain JSON. */
export interface NetworkSpec {
  /** Values of one input, 784 for MNIST. */
  inputSize: number;
  /** Units of each hidden layer, `[100, 100, 100, 100]` for the chapter's "5-layer" network. */
  hiddenSizes: number[];
  /** Classes. */
  outputSize: number;
  activation?: keyof typeof activations;
  /** The scale of the initial weights; biases start at 0. */
  initialWeights?: InitialWeights;
  /** Where batch normalization stands relative to each activation, if it is used. */
  batchNormalization?: "before" | "after";
  /** The probability that Dropout leaves a hidden unit out. */
  dropoutRate?: number;
  /** Whether Dropout scales in training instead of in evaluation. */
  invertedDropout?: boolean;
  /** λ, the weight of the norm of every W that is added to the loss. */
  weightDecay?: number;
  /** Which norm; `"L2"` by default. */
  weightDecayNorm?: Norm;
}

export const networkSpec = z.strictObject({
  inputSize: count(),
  hiddenSizes: z.array(count()),
  outputSize: count(),
  activation: namesIn(activations).optional(),
  initialWeights: z
    .union([namesIn(scales), notNegative], `expected one of ${Object.keys(scales).join(", ")}, or a standard deviation`)
    .optional(),
  batchNormalization: z.enum(["before", "after"], "expected before or after").optional(),
  dropoutRate: share.optional(),
  invertedDropout: z.boolean().optional(),
  weightDecay: notNegative.optional(),
  weightDecayNorm: namesIn(norms).optional(),
});

/**
 * A fully connected classifier:
 * (Affine → BatchNormalization? → activation → Dropout?) per hidden layer, then Affine → SoftmaxWithLoss.
 *
 * Its parameters are `W1`, `b1`, …, and `gamma1`, `beta1`, … with batch normalization. Call `dispose()`
 * when done with it.
 */
export class Network {
  readonly params: Params = {};
  private readonly layers: Layer[] = [];
  private readonly lastLayer = new SoftmaxWithLoss();
  private readonly affines: Affine[] = [];
  private readonly normalizations: BatchNormalization[] = [];
  /** The stream from which Dropout draws its masks. */
  readonly masks: RandomStream;

  /**
   * @param seed seeds the streams of the initial weights and of Dropout's masks.
   * @throws TypeError naming each field of the spec that is missing, unknown or out of range.
   */
  constructor(
    readonly spec: NetworkSpec,
    seed: number,
  ) {
    const { activation = "relu", dropoutRate = 0, invertedDropout = false } = this.checkedSpec;
    const weights = randomStream(seed, "weights");
    this.masks = randomStream(seed, "dropout");
    const sizes = [spec.inputSize, ...spec.hiddenSizes, spec.outputSize];

    for (let i = 1; i < sizes.length; i++) {
      const [inputs, units] = [sizes[i - 1], sizes[i]];
      this.addAffine(i, initialWeights(spec.initialWeights ?? "he", inputs, units, weights), units);
      if (i === sizes.length - 1) break;
      if (spec.batchNormalization === "before") this.addBatchNormalization(i, units);
      this.layers.push(new activations[activation]());
      if (spec.batchNormalization === "after") this.addBatchNormalization(i, units);
      if (dropoutRate > 0) this.layers.push(new Dropout(dropoutRate, this.masks, invertedDropout));
    }
  }

  /** The spec, in which λ can be set by hand. */
  private get checkedSpec(): NetworkSpec {
    return checked(networkSpec, this.spec, "Network");
  }

  /** Scores before softmax, `[batch, classes]`, for `x` `[batch, inputSize]`. */
  predict(x: tf.Tensor, training = false): tf.Tensor {
    return this.layers.reduce((h, layer) => layer.forward(h, training), x);
  }

  /** The mean cross-entropy on `x` `[batch, inputSize]` and labels `t` `[batch]`, plus the weight decay term. */
  loss(x: tf.Tensor, t: tf.Tensor): number {
    this.checkExamples({ x, t }, "Network.loss");
    return tf.tidy(() => this.lossFrom(this.lossTerms(x, t)));
  }

  /** The terms that {@link lossFrom} adds up: the mean cross-entropy and, with weight decay, the norm of every W. */
  lossTerms(x: tf.Tensor, t: tf.Tensor): tf.Tensor {
    return tf.tidy(() => {
      const { weightDecay = 0, weightDecayNorm = "L2" } = this.checkedSpec;
      const norms = weightDecay > 0 ? this.affines.map(({ W }) => penalty(weightDecayNorm).value(W)) : [];
      return tf.stack([this.lastLayer.forward(this.predict(x), t), ...norms]);
    });
  }

  /** The loss, from its terms. */
  lossFrom(terms: tf.Tensor): number {
    const [crossEntropy, ...norms] = terms.dataSync();
    return norms.reduce((loss, norm) => loss + this.spec.weightDecay! * norm, crossEntropy);
  }

  /** The class with the highest score, `[batch]`, for each row of `x` `[batch, inputSize]`. */
  guess(x: tf.Tensor): tf.Tensor {
    return tf.tidy(() => {
      let scores = x;
      for (const layer of this.layers) {
        const input = scores;
        scores = tf.tidy(() => layer.forward(input));
        // No backward follows, so a layer's input can be freed as soon as its output is there.
        if (input !== x && input !== scores) input.dispose();
      }
      return argMax(scores);
    });
  }

  /** The share of rows of `x` whose highest score is that of their label in `t`: 0 … 1. */
  accuracy(x: tf.Tensor, t: tf.Tensor): number {
    this.checkExamples({ x, t }, "Network.accuracy");
    return tf.tidy(() => accuracyOf(this.guess(x), t));
  }

  /**
   * @param where for the message
   * @throws Error unless `x` is `[batch, inputSize]` float32 with a row at least, and `t` `[batch]` int32 with classes.
   */
  checkExamples({ x, t }: { x: Pick<tf.Tensor, "shape" | "isDisposed">; t: tf.Tensor }, where: string): void {
    const { inputSize, outputSize } = this.spec;
    if (x.isDisposed || t.isDisposed) throw new Error(`${where}: the images or their labels have been disposed`);
    if (x.shape.length !== 2 || x.shape[1] !== inputSize)
      throw new Error(`${where}: expected x of shape [batch, ${inputSize}], got [${x.shape.join(", ")}]`);
    if (x.shape[0] === 0) throw new Error(`${where}: there is no image`);
    checkLabels(t, x.shape[0], where);
    checkClasses(t, outputSize, where);
  }

  /**
   * The gradient of the loss with respect to every parameter, by backpropagation.
   * The caller frees the tensors, or wraps the step in `tf.tidy`.
   */
  gradient(x: tf.Tensor, t: tf.Tensor): Grads {
    return tf.tidy(() => {
      this.lastLayer.forward(this.predict(x, true), t);
      let dout = this.lastLayer.backward();
      for (let i = this.layers.length - 1; i > 0; i--) dout = this.layers[i].backward(dout);
      this.affines[0].parameterGradients(dout);

      const { weightDecay = 0, weightDecayNorm = "L2" } = this.checkedSpec;
      const grads: Grads = {};
      this.affines.forEach(({ W, dW, db }, i) => {
        grads[`W${i + 1}`] = weightDecay > 0 ? dW!.add(penalty(weightDecayNorm).gradient(W).mul(weightDecay)) : dW!;
        grads[`b${i + 1}`] = db!;
      });
      this.normalizations.forEach(({ dgamma, dbeta }, i) => {
        grads[`gamma${i + 1}`] = dgamma!;
        grads[`beta${i + 1}`] = dbeta!;
      });
      return grads;
    });
  }

  /** Everything that training changes: the parameters and the running statistics. */
  get variables(): Params {
    const statistics = this.normalizations.flatMap(({ runningMean, runningVariance }, i) => [
      [`runningMean${i + 1}`, runningMean],
      [`runningVariance${i + 1}`, runningVariance],
    ]);
    return { ...this.params, ...Object.fromEntries(statistics) };
  }

  /** Frees the parameters and the running statistics. */
  dispose(): void {
    for (const variable of Object.values(this.variables)) variable.dispose();
  }

  private addAffine(i: number, weights: Float32Array, units: number): void {
    const W = (this.params[`W${i}`] = tf.tidy(() =>
      tf.variable(tf.tensor2d(weights, [weights.length / units, units])),
    ));
    const b = (this.params[`b${i}`] = tf.tidy(() => tf.variable(tf.zeros([units]))));
    const affine = new Affine(W, b);
    this.affines.push(affine);
    this.layers.push(affine);
  }

  private addBatchNormalization(i: number, units: number): void {
    const gamma = (this.params[`gamma${i}`] = tf.tidy(() => tf.variable(tf.ones([units]))));
    const beta = (this.params[`beta${i}`] = tf.tidy(() => tf.variable(tf.zeros([units]))));
    const normalization = new BatchNormalization(gamma, beta);
    this.normalizations.push(normalization);
    this.layers.push(normalization);
  }
}

/** The share of guesses that equal their labels, both `[count]`: 0 … 1. */
export function accuracyOf(guesses: tf.Tensor, t: tf.Tensor): number {
  const labels = t.dataSync();
  let right = 0;
  guesses.dataSync().forEach((guess, i) => (right += Number(guess === labels[i])));
  return right / labels.length;
}
