/**
 * The exercises of section 6.1, update rules.
 */
import { leastIndex, mean } from "d3-array";
import type { RunSpec } from "../experiments";
import { equal, near, type Finding } from "./finding";
import { ofRuns, ran, type Rows } from "./runs";

const UPDATES = 29;

export const section61 = {
  /** Where Nesterov's walk down the bowl ends, and how often it and RMSProp's cross the floor. */
  "6.1-1": (answer: { nesterovX?: number; nesterovCrossings?: number; rmspropCrossings?: number }): Finding[] => [
    near("the x at which Nesterov ends", answer.nesterovX, walk(nesterov(0.1), X).at(-1)!, 0.005),
    equal("Nesterov's crossings", answer.nesterovCrossings, crossings(walk(nesterov(0.1), Y))),
    equal("RMSProp's crossings", answer.rmspropCrossings, crossings(walk(rmsprop(0.5), Y))),
  ],

  /** The learning rates between which SGD comes down the bowl. */
  "6.1-2": (answer: { above?: number; below?: number }): Finding[] => [
    near("above", answer.above, 0, 0.001),
    // One update multiplies a coordinate by 1 − η · curvature.
    near("below", answer.below, Math.min(...[X, Y].map(({ curvature }) => 2 / curvature)), 0.001),
  ],

  /** How often a decaying learning rate still crosses the floor of the bowl, and where it ends. */
  "6.1-3": (answer: { crossings?: number; finalX?: number }): Finding[] => {
    const decaying = (): Rule => {
      let t = 0;
      return (gradient) => (-0.95 / (1 + 0.07 * t++)) * gradient;
    };
    return [
      equal("crossings", answer.crossings, crossings(walk(decaying(), Y))),
      near("final x", answer.finalX, walk(decaying(), X).at(-1)!, 0.005),
    ];
  },

  /** Which of three learning rates suits Momentum best, by the reader's own runs. */
  "6.1-4": ({ runs, best }: { runs?: Rows; best?: number }): Finding[] => {
    const rates = [0.01, 0.03, 0.1];
    const { finding, histories } = ran(
      runs,
      rates.map((rate) => ({ name: `learning rate ${rate}`, spec: askedFor(rate) })),
    );
    const part = "the best learning rate";
    return [
      finding,
      ofRuns(part, best, histories, (best, histories) => {
        const lowest = leastIndex(histories, ({ loss }) => mean(loss.slice(-100), (value) => value ?? Infinity));
        return equal(part, best, rates[lowest!]);
      }),
    ];
  },
};

/** The training of section 6.1.8 with Momentum, for 1000 updates. */
const askedFor = (learningRate: number): RunSpec => ({
  data: { images: 60_000 },
  network: {
    inputSize: 784,
    hiddenSizes: [100, 100, 100, 100],
    outputSize: 10,
    activation: "relu",
    initialWeights: "he",
  },
  optimizer: { name: "Momentum", learningRate },
  batchSize: 128,
  iterations: 1000,
  record: ["loss"],
  seed: 1,
});

/** One coordinate of the bowl x²/20 + y²: where a walk starts, and by what the gradient grows with it. */
const X = { start: -7, curvature: 1 / 10 };
const Y = { start: 2, curvature: 2 };

/** The step that a rule makes of a gradient. */
type Rule = (gradient: number) => number;

function walk(rule: Rule, { start, curvature }: typeof X): number[] {
  const positions = [start];
  for (let update = 1; update <= UPDATES; update++) {
    const position = positions.at(-1)!;
    positions.push(position + rule(curvature * position));
  }
  return positions;
}

function nesterov(rate: number): Rule {
  let v = 0;
  return (gradient) => (v = 0.9 * v - rate * gradient) * 0.9 - rate * gradient;
}

function rmsprop(rate: number): Rule {
  let h = 0;
  return (gradient) => {
    h = 0.99 * h + 0.01 * gradient ** 2;
    return (-rate * gradient) / (Math.sqrt(h) + 1e-7);
  };
}

const crossings = (positions: number[]) => positions.filter((y, i) => i > 0 && y * positions[i - 1] < 0).length;
