/**
 * The exercises of section 6.1, update rules.
 */
import type { SweepRow } from "../notebook/sweep";
import { equal, holds, near, type Finding } from "./finding";

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
  "6.1-4": (answer: { runs?: readonly SweepRow<object>[]; best?: number }): Finding[] => {
    const asked = [0.01, 0.03, 0.1];
    const { runs } = answer;
    const off = runs && strayFrom(asked, runs);
    const lowest = runs && off === undefined && runs.reduce((best, run) => (late(run) < late(best) ? run : best));
    return [
      holds("the runs", runs && off === undefined, off ?? ""),
      lowest
        ? equal("the best learning rate", answer.best, lowest.spec.optimizer.learningRate)
        : holds("the best learning rate", undefined, ""),
    ];
  },
};

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

const late = ({ history }: SweepRow<object>) =>
  history.loss.slice(-100).reduce<number>((sum, loss) => sum + (loss ?? Infinity), 0);

/** What keeps some runs from being those of exercise 4. */
function strayFrom(rates: number[], runs: readonly SweepRow<object>[]): string | undefined {
  const tried = runs.map(({ spec }) => spec.optimizer.learningRate).sort((a, b) => a - b);
  if (String(tried) !== String(rates)) return `their learning rates are ${tried.join(", ")}, not ${rates.join(", ")}`;
  for (const { spec } of runs) {
    const { optimizer, iterations, seed, data, batchSize, network, record } = spec;
    const rate = optimizer.learningRate;
    if (optimizer.name !== "Momentum") return `the one with ${rate} trains with ${optimizer.name}`;
    if ((optimizer.momentum ?? 0.9) !== 0.9 || optimizer.schedule)
      return `the one with ${rate} differs in more than its rate`;
    if (iterations !== 1000) return `the one with ${rate} does not make 1000 updates`;
    if (seed !== 1) return `the one with ${rate} has seed ${seed}, not 1`;
    if (data.images !== 60_000 || batchSize !== 128) return `the one with ${rate} has other images or mini-batches`;
    if (String(network.hiddenSizes) !== "100,100,100,100" || network.initialWeights !== "he")
      return `the one with ${rate} trains another network`;
    if (!record.includes("loss")) return `the one with ${rate} does not record the loss`;
  }
  return undefined;
}
