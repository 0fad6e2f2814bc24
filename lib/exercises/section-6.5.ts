/**
 * The exercises of section 6.5, hyperparameters.
 */
import { range, sum } from "d3-array";
import { loadMnist } from "../data/mnist";
import { canonical } from "../experiments/key";
import type { RunSpec } from "../experiments/spec";
import type { SweepRow } from "../notebook";
import { equal, holds, near, type Finding } from "./finding";

type Run = Pick<SweepRow<object>, "spec" | "history">;

export const section65 = {
  /** Which digits a fifth of the first 500 images has, split off in order of the digits, and what a network can reach. */
  "6.5-1": (answer: { digits?: number[]; highestAccuracy?: number }): Finding[] => {
    // Digit by digit until the validation set is full; what no longer fits is trained on.
    const labels = loadMnist().train.take(500).labels;
    const validation = range(10).map(() => 0);
    const training = range(10).map((digit) => labels.filter((label) => label === digit).length);
    for (let digit = 0, room = 100; room > 0; digit++) {
      validation[digit] = Math.min(training[digit], room);
      training[digit] -= validation[digit];
      room -= validation[digit];
    }
    const digits = range(10).filter((digit) => validation[digit] > 0);
    const known = sum(digits, (digit) => (training[digit] > 0 ? validation[digit] : 0));
    const given = answer.digits && [...new Set(answer.digits)].sort((a, b) => a - b);
    return [
      holds(
        "the digits in the validation set",
        given && String(given) === String(digits),
        `not ${given?.join(", ")}; there are ${digits.length}`,
      ),
      near("the highest accuracy", answer.highestAccuracy, known / 100, 1e-6),
    ];
  },

  /** The trials of a grid of four learning rates and four weight decays, and how many accuracies they end with. */
  "6.5-2": (answer: { runs?: readonly Run[]; differentAccuracies?: number }): Finding[] => {
    const exponents = range(4).map((i) => i + 0.5);
    const grid = exponents.flatMap((i) =>
      exponents.map((j) => ({ learningRate: 10 ** (-6 + i), weightDecay: 10 ** (-8 + j) })),
    );
    const { runs } = answer;
    const unlike = runs?.find(({ spec }) => !isTrial(spec));
    const missing = grid.filter((setting) => !runs?.some(({ spec }) => isWith(spec, setting)));
    const others = runs?.filter(({ spec }) => !grid.some((setting) => isWith(spec, setting)));
    const ends = new Set(runs?.map(({ history }) => history.validationAccuracy.at(-1)));
    return [
      holds(
        "16 trials, one in the middle of each power of ten",
        runs && missing.length === 0 && others!.length === 0 && runs.length === grid.length,
        runs?.length === 0 || missing.length === 0
          ? `there are ${runs?.length}`
          : `${missing.length} of the 16 settings are missing, such as learning rate ${written(missing[0].learningRate)} ` +
              `with weight decay ${written(missing[0].weightDecay)}`,
      ),
      holds(
        "each trained as the trials of section 6.5.3",
        runs && unlike === undefined,
        `one differs from trial({ learningRate, weightDecay }, 1) in something else: ${JSON.stringify(unlike?.spec)}`,
      ),
      equal("different accuracies among them", runs && answer.differentAccuracies, ends.size),
    ];
  },

  /** Which share of learning rates is good or diverges, by how they are drawn. */
  "6.5-3": (answer: { goodEvenly?: number; divergingEvenly?: number; divergingByExponent?: number }): Finding[] => {
    const evenly = (from: number, low: number, high: number) => (high - from) / (high - low);
    const byExponent = (from: number, low: number, high: number) => Math.log(high / from) / Math.log(high / low);
    return [
      near("above 0.001, drawn evenly up to 0.01", answer.goodEvenly, evenly(1e-3, 1e-6, 1e-2), 0.005),
      near("above 0.3, drawn evenly up to 10", answer.divergingEvenly, evenly(0.3, 1e-6, 10), 0.005),
      near("above 0.3, exponent drawn evenly up to 10", answer.divergingByExponent, byExponent(0.3, 1e-6, 10), 0.005),
    ];
  },

  /** The mean accuracy of the best of a hundred networks that are right with probability 0.8, on 100 images each. */
  "6.5-4": (answer: { bestAccuracy?: number }): Finding[] => [
    near("the accuracy of the best, on average", answer.bestAccuracy, expectedBest(100, 100, 0.8), 0.005),
  ],
};

/** Whether a run is a trial of section 6.5.3 but for its learning rate, weight decay and what it records. */
function isTrial({ network, optimizer, record: _, ...rest }: RunSpec): boolean {
  const { weightDecay: _decay, ...shape } = network;
  const { learningRate: _rate, ...rule } = optimizer;
  const expected = {
    data: { images: 500, validation: 100, shuffleSeed: 1 },
    shape: { inputSize: 784, hiddenSizes: [100, 100, 100, 100, 100, 100], outputSize: 10 },
    rule: { name: "SGD" },
    batchSize: 100,
    epochs: 50,
    seed: 1,
  };
  return canonical({ ...rest, shape, rule }) === canonical(expected);
}

function isWith(spec: RunSpec, setting: { learningRate: number; weightDecay: number }): boolean {
  const equals = (a: number, b: number) => Math.abs(a / b - 1) < 0.01;
  return (
    equals(spec.optimizer.learningRate, setting.learningRate) &&
    equals(spec.network.weightDecay ?? 0, setting.weightDecay)
  );
}

/** The mean of the largest of some binomial shares: the sum of the probabilities that it exceeds 0, 1, 2, … */
function expectedBest(networks: number, images: number, probability: number): number {
  let term = (1 - probability) ** images;
  let atMost = 0;
  let mean = 0;
  for (let right = 0; right < images; right++) {
    atMost += term;
    mean += 1 - Math.min(atMost, 1) ** networks;
    term *= ((images - right) / (right + 1)) * (probability / (1 - probability));
  }
  return mean / images;
}

function written(value: number): string {
  return value.toExponential(1);
}
