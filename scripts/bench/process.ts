// One measurement in its own process, started by measure.ts: it reports when it is ready, begins when told to, and
// sends its result.
import { median } from "d3-array";
import { loadLibrary } from "../library.js";
import { chapterExperiments } from "./experiments.js";
import type { Measurements } from "./measure.js";
import type { MemorySample } from "./report.js";

const library = loadLibrary("index");
const { tf, run } = library;
const [sgd] = chapterExperiments(library)[0].specs;

const measurements: { [What in keyof Measurements]: () => Promise<{ begin(): Promise<Measurements[What]> }> } = {
  /**
   * Milliseconds per step of figure 6-9's network with SGD: drawing a mini-batch, gradient, update. The median of 30
   * runs, after V8 has compiled the code: it does so on other threads, for which a single process has a core to spare.
   */
  async step() {
    const steps = 200;
    await run({ ...sgd, iterations: 2000, record: [] });
    return {
      async begin() {
        const times: number[] = [];
        for (let seed = 1; seed <= 30; seed++) {
          const start = performance.now();
          await run({ ...sgd, iterations: steps, record: [], seed });
          times.push((performance.now() - start) / steps);
        }
        return median(times)!;
      },
    };
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

const { begin } = await measurements[process.argv[2] as keyof Measurements]();
process.once("message", () => void begin().then(answer));
process.send?.("ready");
