/** Whether things are only being tried out, with `QUICK=1` in the environment: training then stops after a tenth. */
export const QUICK = process.env.QUICK === "1";

/** A number of updates or epochs, or a tenth of it in a quick run. */
export function quickly(count: number): number {
  return QUICK ? Math.ceil(count / 10) : count;
}
