import { quantile } from "d3-array";
import { openRunner, type RunnerOptions } from "../experiments/run-all";
import type { Runner } from "../experiments/runner";
import { parseRunSpec, updatesOf, type RunSpec } from "../experiments/spec";
import { named, setLook, type Look } from "../look";
import type { History } from "../trainer";
import type { Point, Space } from "./space";

/** What is searched for, and how much work it may take. */
export interface Problem<P extends Point> {
  space: Space<P>;
  /** The run that tries a setting, with `epochs` epoch points. It records the validation accuracy. */
  specOf(point: P, epochs: number): RunSpec;
  /** Epoch points of a whole run. */
  epochs: number;
  /** Updates that the search may spend. */
  budget: number;
  /** Seeds every random choice of the search. */
  seed: number;
}

/** A setting to try, and for how long. */
export interface Proposal<P extends Point> {
  point: P;
  epochs: number;
}

/**
 * A way to search: proposes settings, is told their scores in the same order, proposes the next settings, and so on. It
 * knows nothing of training and is a pure function of the problem and the scores. It need not end: the search stops asking
 * when the budget is spent.
 */
export type Method = <P extends Point>(problem: Problem<P>) => Generator<Proposal<P>[], void, number[]>;

/** A setting that was tried: one training run. */
export interface Trial<P extends Point> extends Proposal<P> {
  spec: RunSpec;
  history: History;
  /** Validation accuracy at the end of the run; 0 if the weights were no longer finite. */
  score: number;
  /** Updates that this trial cost: without those already made for a shorter trial of the same setting. */
  steps: number;
  /** Updates that the search had spent by the end of this trial. */
  spent: number;
}

export interface SearchOptions extends RunnerOptions {
  /** Called after each round of trials with the updates spent so far and the budget; at the end with the whole budget. */
  onProgress?: (spent: number, budget: number) => void;
  /** Ends the search when aborted; it then throws the signal's reason. */
  signal?: AbortSignal;
}

/**
 * Searches until the budget is spent.
 *
 * A trial that goes on with a setting tried before, for more epochs, costs only the additional updates: its run goes on from
 * the weights of the shorter one, and has the history of a run trained in one piece. (Where these weights are not at hand,
 * as when the shorter run was found in a store or computed through a queue, the whole run is computed.)
 *
 * @returns the trials in the order in which they were proposed.
 * @throws TypeError naming the field if a proposed spec is not one; what {@link openRunner} and its runs throw; the signal's
 * reason if aborted.
 */
export async function search<P extends Point>(
  method: Method,
  problem: Problem<P>,
  { onProgress, signal, ...where }: SearchOptions = {},
): Promise<Trial<P>[]> {
  const runner = await openRunner(where);
  try {
    return await drive(method, problem, runner, signal, (spent) => onProgress?.(spent, problem.budget));
  } finally {
    await runner.close();
  }
}

/**
 * Every method on every problem (one per seed, say), all side by side on the same processes.
 * A run that several of them ask for is executed once and charged to each.
 *
 * @returns the trials by the method's name, and then in the order of the problems.
 */
export async function compareSearches<P extends Point, Name extends string>(
  methods: Record<Name, Method>,
  problems: Problem<P>[],
  { onProgress, signal, ...where }: SearchOptions = {},
): Promise<Record<Name, Trial<P>[][]>> {
  const names = Object.keys(methods) as Name[];
  const budget = names.length * problems.reduce((sum, problem) => sum + problem.budget, 0);
  const spent = new Map<string, number>();
  const runner = await openRunner(where);
  try {
    const all = names.map(async (name) => {
      const trials = problems.map((problem, i) =>
        drive(methods[name], problem, runner, signal, (updates) => {
          spent.set(`${name} ${i}`, updates);
          onProgress?.(
            [...spent.values()].reduce((a, b) => a + b),
            budget,
          );
        }),
      );
      return [name, await Promise.all(trials)];
    });
    return Object.fromEntries(await Promise.all(all)) as Record<Name, Trial<P>[][]>;
  } finally {
    await runner.close();
  }
}

async function drive<P extends Point>(
  method: Method,
  problem: Problem<P>,
  runner: Runner,
  signal: AbortSignal | undefined,
  onSpent: (updates: number) => void,
): Promise<Trial<P>[]> {
  const trials: Trial<P>[] = [];
  const paid = new Map<string, number>();
  let spent = 0;
  const searching = method(problem);
  for (let asked = searching.next(); !asked.done;) {
    const affordable = [];
    for (const { point, epochs } of asked.value) {
      const spec = parseRunSpec(problem.specOf(point, epochs));
      const whole = updatesOf(spec);
      const steps = whole - (paid.get(JSON.stringify(point)) ?? 0);
      if (spent + steps > problem.budget) break;
      paid.set(JSON.stringify(point), whole);
      spent += steps;
      affordable.push({ point, epochs, spec, steps, spent });
    }
    const round = await Promise.all(
      affordable.map(async (trial) => {
        const history = await runner.run(trial.spec, { signal, mayContinue: trial.epochs < problem.epochs });
        const score = history.validationAccuracy.at(-1) ?? 0;
        return setLook<Trial<P>>({ ...trial, history, score }, trialLook);
      }),
    );
    trials.push(...round);
    onSpent(spent);
    if (affordable.length < asked.value.length) break;
    asked = searching.next(round.map(({ score }) => score));
  }
  onSpent(problem.budget); // what remains does not pay for another trial
  return trials;
}

/** A trial is shown as one of many: without its spec and its history. */
const trialLook: Look<Trial<Point>> = {
  text: ({ point, epochs, score, steps, spent }) => named("Trial", { point, epochs, score, steps, spent }),
};

/** The trial with the highest score; the first of them if there are several. */
export function bestTrial<P extends Point>(trials: Trial<P>[]): Trial<P> {
  return trials.reduce((best, trial) => (trial.score > best.score ? trial : best));
}

/** The best score known after each number of updates; `null` as long as no trial had ended. */
export function bestSoFar<P extends Point>(trials: Trial<P>[], updates: number[]): (number | null)[] {
  return updates.map((most) => {
    const scores = trials.filter(({ spent }) => spent <= most).map(({ score }) => score);
    return scores.length > 0 ? Math.max(...scores) : null;
  });
}

/** The quartiles over several curves, point by point; `null` where one of them has no value yet. */
export function band(curves: (number | null)[][]): Record<"low" | "median" | "high", (number | null)[]> {
  const quartile = (share: number) =>
    curves[0].map((_, i) => {
      const values = curves.map((curve) => curve[i]);
      return values.includes(null) ? null : quantile(values, share)!;
    });
  return { low: quartile(0.25), median: quartile(0.5), high: quartile(0.75) };
}
