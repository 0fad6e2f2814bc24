/** Whether things are only being tried out: `QUICK=1` in the environment. Training then stops after a tenth. */
export const QUICK = process.env.QUICK === "1";

/** A count of updates or of epochs, or the tenth of it that a quick run makes. */
export function quickly(count: number): number {
  return QUICK ? Math.ceil(count / 10) : count;
}
