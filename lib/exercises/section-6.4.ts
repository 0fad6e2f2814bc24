/**
 * The exercises of section 6.4, regularization.
 */
import { max, maxIndex, mean } from "d3-array";
import type { RunSpec } from "../experiments";
import type { NetworkSpec } from "../network";
import type { History } from "../trainer";
import { equal, holds, near, type Finding } from "./finding";
import { ofRuns, ran, type Rows } from "./runs";

/** How many of the first images of MNIST judge the networks of the exercises; those behind them train. */
const JUDGES = 1000;

/** The run of an exercise: the section's network and rule, judged by validation images. */
function judged(options: Partial<NetworkSpec>, seed: number, { epochs = 101, images = 300 } = {}): RunSpec {
  return {
    data: { images: images + JUDGES, validation: JUDGES },
    network: { inputSize: 784, hiddenSizes: [100, 100, 100, 100, 100, 100], outputSize: 10, ...options },
    optimizer: { name: "SGD", learningRate: 0.01 },
    batchSize: 100,
    epochs,
    record: ["trainAccuracy", "validationAccuracy"],
    seed,
  };
}

const final = (values: (number | null)[]) => values.at(-1) ?? NaN;
const judgement = ({ validationAccuracy }: History) => final(validationAccuracy);
const gap = (history: History) => final(history.trainAccuracy) - judgement(history);

/** Above what ten classes leave to guessing, with room for a class that is a little more frequent. */
const GUESSING = 0.2;

export const section64 = {
  /** After how many updates SGD with weight decay has halved a weight that the images do not ask for. */
  "6.4-1": ({ updates }: { updates?: number }): Finding[] => {
    let [weight, count] = [1, 0];
    for (; weight > 0.5; count++) weight -= 0.01 * (0.1 * weight);
    return [equal("updates until half is left", updates, count)];
  },

  /** The largest λ with which a network does better than guessing. */
  "6.4-2": ({ runs, largest }: { runs?: Rows; largest?: number }): Finding[] => {
    const decays = [0.01, 0.03, 0.1, 0.3, 1];
    const { finding, histories } = ran(
      runs,
      decays.map((weightDecay) => ({ name: `λ = ${weightDecay}`, spec: judged({ weightDecay }, 1) })),
    );
    const part = "the largest λ that is more than a guess";
    return [
      finding,
      ofRuns(part, largest, histories, (largest, histories) => {
        const learned = decays.filter((_, i) => judgement(histories[i]) > GUESSING);
        const i = decays.indexOf(largest);
        if (i < 0) return holds(part, false, `${largest} is none of ${decays.join(", ")}`);
        return holds(
          part,
          largest === max(learned),
          `with λ = ${largest} validation accuracy is ${judgement(histories[i])}`,
        );
      }),
    ];
  },

  /** Which form of Dropout suffers less from a high rate. */
  "6.4-3": ({ runs, form }: { runs?: Rows; form?: "inverted" | "the book's" }): Finding[] => {
    const forms = ["the book's", "inverted"] as const;
    const { finding, histories } = ran(
      runs,
      forms.flatMap((name) =>
        [1, 2].map((seed) => ({
          name: `${name} form and seed ${seed}`,
          spec: judged({ dropoutRate: 0.3, invertedDropout: name === "inverted" }, seed),
        })),
      ),
    );
    return [
      finding,
      ofRuns("the form that suffers less from a high rate", form, histories, (form, histories) => {
        const means = [histories.slice(0, 2), histories.slice(2)].map((runs) => mean(runs, judgement)!);
        return equal("the form that suffers less from a high rate", form, forms[maxIndex(means)]);
      }),
    ];
  },

  /** When training ends by early stopping, with patience for 20 epochs. */
  "6.4-4": ({ runs, stop }: { runs?: Rows; stop?: number }): Finding[] => {
    const { finding, histories } = ran(runs, [{ name: "seed 1", spec: judged({}, 1, { epochs: 301 }) }]);
    return [
      finding,
      ofRuns("the epoch at which training ends", stop, histories, (stop, histories) => {
        const [{ validationAccuracy }] = histories;
        // The first epoch whose last 20 bring nothing above all before them.
        const highest = (from: number, to: number) => max(validationAccuracy.slice(from, to), Number)!;
        const end = validationAccuracy.findIndex(
          (_, epoch) => epoch >= 20 && highest(epoch - 19, epoch + 1) <= highest(0, epoch - 19),
        );
        return near("the epoch at which training ends", stop, end < 0 ? validationAccuracy.length - 1 : end, 0);
      }),
    ];
  },

  /** Whether batch normalization lessens overfitting. */
  "6.4-5": ({ runs, narrower }: { runs?: Rows; narrower?: boolean }): Finding[] => {
    const places = [undefined, "before", "after"] as const;
    const { finding, histories } = ran(
      runs,
      places.flatMap((batchNormalization) =>
        [1, 2].map((seed) => ({
          name: `${batchNormalization === undefined ? "no normalization" : `normalization ${batchNormalization}`} and seed ${seed}`,
          spec: judged({ batchNormalization }, seed),
        })),
      ),
    );
    return [
      finding,
      ofRuns("whether the gap is narrower", narrower, histories, (narrower, histories) => {
        const [plain, ...normalized] = [0, 2, 4].map((i) => mean(histories.slice(i, i + 2), gap)!);
        const off = `the gap is ${plain.toFixed(3)} without it, ${normalized.map((gap) => gap.toFixed(3)).join(" and ")} with it`;
        return holds("whether the gap is narrower", narrower === Math.max(...normalized) < plain, off);
      }),
    ];
  },

  /** By how much validation accuracy rises with ten times as many images. */
  "6.4-6": ({ runs, gain }: { runs?: Rows; gain?: number }): Finding[] => {
    const { finding, histories } = ran(
      runs,
      [300, 3000].map((images) => ({
        name: `${images} images and 301 updates`,
        spec: judged({}, 1, { images, epochs: 300 / (images / 100) + 1 }),
      })),
    );
    return [
      finding,
      ofRuns("what validation accuracy gains", gain, histories, (gain, histories) => {
        const [few, many] = histories.map(judgement);
        return near("what validation accuracy gains", gain, many - few, 0.001);
      }),
    ];
  },
};
