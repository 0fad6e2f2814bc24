/**
 * How runs are divided into segments, which several processes take in turns: a process that has trained one hands the
 * checkpoint on, and takes its segment's accuracies while another process trains the next.
 */
import { SETS, type History, type Measurement } from "../../trainer";
import { evaluationsOf, multiplications, updatesOf, type RunSpec } from "../spec";

/** A segment of fewer is not worth it: these take about 0.2 s, and to begin one takes 0.02 s. */
const FEWEST_MULTIPLICATIONS = 1e10;

/** About 20 s: no more than that is lost when a program is killed that keeps checkpoints. */
const MOST_MULTIPLICATIONS = 1e12;

/** Evaluations in a segment: the weights at each are kept until all its updates have been made. */
const MOST_POINTS = 100;

/** The length of the first segment, for which the other processes wait, as a share of the others'. */
const FIRST_LENGTH = 1 / 4;

/** More segments let the processes end closer together, but each takes a while to begin. */
const SEGMENTS_PER_PROCESS = 2;

/**
 * Where one of several runs is divided. The last `runs mod processes` runs, and the `processes` runs before those, are
 * divided, so that no process idles at the end.
 * @param place the run's place among them, from 0
 * @returns the update counts at which its segments end
 */
export function plan(spec: RunSpec, place: number, runs: number, processes: number): number[] {
  const leftOver = runs % processes;
  const isDivided = leftOver > 0 && place >= runs - leftOver - processes;
  // Other processes gain nothing from training alone, unless there are other runs or accuracies to take meanwhile.
  const gains = runs > processes || spec.record.some((measurement) => measurement !== "loss");
  if (!isDivided || !gains) return [updatesOf(spec)];
  return segmentEnds(spec, SEGMENTS_PER_PROCESS * Math.ceil(processes / runs));
}

/**
 * The update counts at which the segments of a run end: a short one, then `wanted` of equal length. There are more of them
 * if they would be too long or keep too many weights otherwise, and fewer if they would not be worth it.
 */
export function segmentEnds(spec: RunSpec, wanted: number): number[] {
  const updates = updatesOf(spec);
  const work = multiplications(spec);
  const count = Math.min(
    Math.max(wanted, Math.ceil(evaluationsOf(spec) / MOST_POINTS), Math.ceil(work / MOST_MULTIPLICATIONS)),
    Math.floor(work / FEWEST_MULTIPLICATIONS),
  );
  if (count < 2) return [updates];
  return Array.from({ length: count + 1 }, (_, i) =>
    Math.round((updates * (FIRST_LENGTH + i)) / (FIRST_LENGTH + count)),
  );
}

/** The history of a whole run, from those of its segments. */
export function mergeSegments(histories: History[]): History {
  const merged = { ...histories.at(-1)! };
  for (const what of ["loss", ...Object.keys(SETS)] as Measurement[]) {
    merged[what] = histories.flatMap((history) => history[what]);
  }
  return merged;
}
