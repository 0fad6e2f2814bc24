import type { Runner } from "./runner";

/** Whether things are only being tried out: `QUICK=1` in the environment. Training then stops after a tenth. */
export const QUICK = process.env.QUICK === "1";

/** A count of updates or of epochs, or the tenth of it that a quick run makes. */
export function quickly(count: number): number {
  return QUICK ? Math.ceil(count / 10) : count;
}

/** Executes the first tenth of each run. */
export function shorten(runner: Runner): Runner {
  return {
    run: ({ iterations, epochs, ...spec }, options) =>
      runner.run(
        { ...spec, ...(iterations ? { iterations: quickly(iterations) } : { epochs: quickly(epochs!) }) },
        options,
      ),
    close: () => runner.close(),
  };
}
