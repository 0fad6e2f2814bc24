import type { History, Share } from "../trainer";
import type { RunSpec } from "./spec";

/**
 * More would gain little: each process of a shared run trains the network from its first update to its last, and
 * only the accuracies, which take the most of the time where test images are many, are divided.
 */
const MOST_SHARES = 4;

/** How one run is divided among so many processes: by the epoch points at which they take accuracies. */
export function sharesOf({ epochs = 0, record }: RunSpec, processes: number): Share[] {
  const accuracies = record.some((measurement) => measurement !== "loss");
  const of = accuracies ? Math.max(Math.min(processes, epochs, MOST_SHARES), 1) : 1;
  return Array.from({ length: of }, (_, index) => ({ index, of }));
}

/** The history of the whole run, from those of its shares in their order. */
export function mergeShares(histories: History[]): History {
  const merge = (measurement: "trainAccuracy" | "validationAccuracy" | "testAccuracy") => {
    const parts = histories.map((history) => history[measurement]);
    const points = parts.reduce((sum, part) => sum + part.length, 0);
    return Array.from({ length: points }, (_, epoch) => parts[epoch % parts.length][Math.floor(epoch / parts.length)]);
  };
  return {
    ...histories[0],
    trainAccuracy: merge("trainAccuracy"),
    validationAccuracy: merge("validationAccuracy"),
    testAccuracy: merge("testAccuracy"),
  };
}
