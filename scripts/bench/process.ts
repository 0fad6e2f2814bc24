// One measurement in its own process, started by measure.ts: it reports when it is ready, begins when told to, and
// sends its result.
import { median } from "d3-array";
import { loadLibrary } from "../library.js";
import { chapterExperiments } from "./experiments.js";
import type { Measurements } from "./measure.js";
import type { MemorySample } from "./report.js";

const library = loadLibrary("index");
const { tf, run, Network, SGD, Trainer } = library;
const { borrowSets } = loadLibrary("experiments/data");
const { Training } = loadLibrary("experiments/training");
const [sgd] = chapterExperiments(library)[0].specs;

const [what, ...sizes] = process.argv.slice(2);

const measurements: { [What in keyof Measurements]: () => Promise<{ begin(): Promise<Measurements[What]> }> } = {
  /**
   * Milliseconds per step with SGD: drawing a mini-batch, gradient, update; of figure 6-9's network, or one with hidden
   * layers of other sizes. The median over five seconds, after V8 has compiled the code: it does so on other threads, for
   * which a single process has a core to spare.
   */
  async step() {
    const { sets } = borrowSets(sgd);
    const network = new Network({ ...sgd.network, ...(sizes.length > 0 && { hiddenSizes: sizes.map(Number) }) }, 1);
    const options = { batchSize: sgd.batchSize, iterations: 1e9, record: [], seed: 1 };
    const training = new Training(new Trainer(network, new SGD(0.01), sets, options));
    const timesFor = (ms: number) => {
      const times: number[] = [];
      for (const end = performance.now() + ms; performance.now() < end;) {
        const start = performance.now();
        training.advance(5);
        times.push((performance.now() - start) / 5);
      }
      return times;
    };
    timesFor(3000);
    return { begin: () => Promise.resolve(median(timesFor(5000))!) };
  },

  /** Memory and tensors over 20,000 steps that also record the loss. */
  async memory() {
    return {
      async begin() {
        const samples: MemorySample[] = [];
        const onProgress = (steps: number) => {
          if (steps >= samples.length * 1000)
            samples.push({ steps, megabytes: process.memoryUsage.rss() / 2 ** 20, tensors: tf.memory().numTensors });
        };
        await run({ ...sgd, iterations: 20_000 }, { onProgress });
        return samples;
      },
    };
  },
};

/** Sends the result, and exits once it has been sent. */
const answer = (result: unknown) => process.send?.(result, undefined, undefined, () => process.exit());

const { begin } = await measurements[what as keyof Measurements]();
process.once("message", () => void begin().then(answer));
process.send?.("ready");
