// @ts-check
// One measurement in a process of its own, started by measure.mjs: it says when it is ready, begins when told to, and
// sends its result.
import { library } from "./library.mjs";
import { chapterExperiments } from "./experiments.mjs";
import { median } from "./measure.mjs";

const { tf, run } = library;
const [sgd] = chapterExperiments(library)[0].specs;

/** @type {Record<string, () => Promise<{ begin: () => Promise<unknown> }>>} */
const measurements = {
  /**
   * Milliseconds of a step of figure 6-9's network with SGD: drawing a mini-batch, gradient, update. The median of 30 runs,
   * after V8 has compiled what they call: it does so on other threads, which a process alone has a core to itself for.
   */
  async step() {
    const steps = 200;
    await run({ ...sgd, iterations: 2000, record: [] });
    return {
      async begin() {
        const times = [];
        for (let seed = 1; seed <= 30; seed++) {
          const start = performance.now();
          await run({ ...sgd, iterations: steps, record: [], seed });
          times.push((performance.now() - start) / steps);
        }
        return median(times);
      },
    };
  },

  /** Memory and tensors over 20,000 steps that also record the loss. */
  async memory() {
    return {
      async begin() {
        /** @type {{ steps: number, megabytes: number, tensors: number }[]} */
        const samples = [];
        const onProgress = (/** @type {number} */ steps) => {
          if (steps >= samples.length * 1000)
            samples.push({ steps, megabytes: process.memoryUsage.rss() / 2 ** 20, tensors: tf.memory().numTensors });
        };
        await run({ ...sgd, iterations: 20_000 }, { onProgress });
        return samples;
      },
    };
  },
};

/** Gives the answer, and ends when it has gone. @param {unknown} result */
const answer = (result) => process.send?.(result, undefined, undefined, () => process.exit());

const { begin } = await measurements[process.argv[2]]();
process.once("message", () => void begin().then(answer));
process.send?.("ready");
