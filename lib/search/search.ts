import { quantile } from "d3-array";
import { canonical } from "../experiments/key";
import { openRunner, type RunnerOptions } from "../experiments/run-all";
import type { Runner } from "../experiments/runner";
import { parseRunSpec, updatesOf, type RunSpec } from "../experiments/spec";
import { named, setLook, type Look } from "../look";
import type { History } from "../trainer";
import { checkProblem, checkProposal, refuseUnless } from "./checks";
import type { Point, Space } from "./space";

/** Rounds in a row that may cost nothing; successive halving of runs of one epoch point has three. */
const MOST_FREE_ROUNDS = 100;

/** What is searched for, and how much work it may take. */
export interface Problem<P extends Point> {
  space: Space<P>;
  /** The run that tries a setting: with exactly `epochs` epoch points. It records the validation accuracy. */
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
 * knows nothing of training and is a pure function of the problem and the scores, numbers from 0 to 1. It need not end: the
 * search stops asking when the budget is spent. But each round has a proposal, inside the space, and settings that have been
 * tried do not come again for ever.
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

/** A trial that the budget pays for, before its run. */
type PlannedTrial<P extends Point> = Omit<Trial<P>, "history" | "score">;

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
 * @throws RangeError before anything runs if the problem cannot be searched, or its budget pays for no trial; RangeError if
 * the method proposes what is not in the space, nothing, or nothing new for ever; TypeError naming the field if a spec is not
 * one, or not of as many epochs as it was to be; what {@link openRunner} and its runs throw; the signal's reason if aborted.
 */
export async function search<P extends Point>(
  method: Method,
  problem: Problem<P>,
  { onProgress, signal, ...where }: SearchOptions = {},
): Promise<Trial<P>[]> {
  const begun = begin(method, problem);
  const runner = await openRunner({ ...where, signal });
  try {
    return await drive(begun, runner, signal, (spent) => onProgress?.(spent, problem.budget));
  } finally {
    await runner.close();
  }
}

/**
 * Every method on every problem (one per seed, say), all side by side on the same processes.
 * A run that several of them ask for is executed once and charged to each.
 *
 * @returns the trials by the method's name, and then in the order of the problems.
 * @throws what {@link search} throws, before anything runs if one of the problems cannot be searched.
 */
export async function compareSearches<P extends Point, Name extends string>(
  methods: Record<Name, Method>,
  problems: Problem<P>[],
  { onProgress, signal, ...where }: SearchOptions = {},
): Promise<Record<Name, Trial<P>[][]>> {
  const names = Object.keys(methods) as Name[];
  const begun = names.map((name) => problems.map((problem) => begin(methods[name], problem)));
  const budget = names.length * problems.reduce((sum, problem) => sum + problem.budget, 0);
  const spent = new Map<string, number>();
  const runner = await openRunner({ ...where, signal });
  try {
    const all = names.map(async (name, at) => {
      const trials = begun[at].map((search, i) =>
        drive(search, runner, signal, (updates) => {
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

/** A search whose method has made its first proposals. */
interface Begun<P extends Point> {
  problem: Problem<P>;
  rounds: ReturnType<typeof affordable<P>>;
  first: IteratorResult<PlannedTrial<P>[], void>;
}

function begin<P extends Point>(method: Method, problem: Problem<P>): Begun<P> {
  const rounds = affordable(method, problem);
  return { problem, rounds, first: rounds.next() };
}

async function drive<P extends Point>(
  { problem, rounds, first }: Begun<P>,
  runner: Runner,
  signal: AbortSignal | undefined,
  onSpent: (updates: number) => void,
): Promise<Trial<P>[]> {
  const trials: Trial<P>[] = [];
  for (let round = first; !round.done;) {
    const ended = await Promise.all(
      round.value.map(async (trial) => {
        const history = await runner.run(trial.spec, { signal, mayContinue: trial.epochs < problem.epochs });
        return setLook<Trial<P>>({ ...trial, history, score: scoreOf(history) }, trialLook);
      }),
    );
    trials.push(...ended);
    onSpent(trials.at(-1)!.spent);
    round = rounds.next(ended.map(({ score }) => score));
  }
  onSpent(problem.budget); // what remains does not pay for another trial
  return trials;
}

/**
 * All of a search but its training: round by round the method's proposals, as far as the budget pays for them. It goes on
 * when told their scores.
 *
 * @throws what {@link search} throws of problems, proposals and specs.
 */
export function* affordable<P extends Point>(
  method: Method,
  problem: Problem<P>,
): Generator<PlannedTrial<P>[], void, number[]> {
  checkProblem(problem);
  const { budget } = problem;
  const who = method.name || "the method";
  const specOf = (point: P, epochs: number) => parseTrialSpec(problem.specOf(point, epochs), epochs);
  const additionalUpdates = updateCounter();
  const searching = method({ ...problem, specOf });
  let spent = 0;
  let freeRounds = 0;
  for (let asked = searching.next(); !asked.done;) {
    refuseUnless(asked.value.length > 0, `${who}: expected at least one proposal in each round`, asked.value);
    const before = spent;
    const round: PlannedTrial<P>[] = [];
    for (const { point, epochs } of asked.value) {
      checkProposal(who, { point, epochs }, problem);
      const spec = specOf(point, epochs);
      const steps = additionalUpdates(point, spec);
      refuseUnless(spent > 0 || steps <= budget, `problem.budget: expected the ${steps} updates of a trial`, budget);
      if (spent + steps > budget) break;
      spent += steps;
      round.push({ point, epochs, spec, steps, spent });
    }
    if (round.length === 0) return;
    const scores = yield round;
    if (round.length < asked.value.length) return;
    freeRounds = spent === before ? freeRounds + 1 : 0;
    const goesOn = freeRounds < MOST_FREE_ROUNDS;
    refuseUnless(goesOn, `${who}: expected a new proposal within ${MOST_FREE_ROUNDS} rounds, or the end`, asked.value);
    asked = searching.next(scores);
  }
}

/** Checks the run that is to try a setting, see {@link Problem.specOf}. */
function parseTrialSpec(value: unknown, epochs: number): RunSpec {
  const spec = parseRunSpec(value);
  if (spec.epochs !== epochs) {
    const found = spec.epochs === undefined ? `iterations: ${spec.iterations}` : `epochs: ${spec.epochs}`;
    throw new TypeError(`problem.specOf: expected a run with epochs: ${epochs}, as asked for, got ${found}`);
  }
  if (!spec.record.includes("validationAccuracy")) {
    const found = spec.record.join(", ") || "nothing";
    throw new TypeError(`problem.specOf: expected a run that records validationAccuracy, its score, got ${found}`);
  }
  return spec;
}

/** Counts the updates of a run beyond those of the longest shorter one, of the same setting, that it was given before. */
function updateCounter(): (point: Point, spec: RunSpec) => number {
  const counted = new Map<string, number[]>();
  return (point, spec) => {
    const key = canonical({ ...spec, epochs: 1, point });
    const updates = updatesOf(spec);
    const earlier = counted.get(key) ?? [];
    counted.set(key, [...earlier, updates]);
    return updates - Math.max(0, ...earlier.filter((each) => each <= updates));
  };
}

/** Validation accuracy at the end of a run; 0 if the weights were no longer finite. */
export function scoreOf({ validationAccuracy }: Pick<History, "validationAccuracy">): number {
  const last = validationAccuracy.at(-1);
  const score = last === null ? 0 : last;
  const isScore = typeof score === "number" && score >= 0 && score <= 1;
  refuseUnless(isScore, "search: expected a validationAccuracy from 0 to 1 at the end of a run's history", last);
  return score;
}

/** A trial is shown as one of many: without its spec and its history. */
const trialLook: Look<Trial<Point>> = {
  text: ({ point, epochs, score, steps, spent }) => named("Trial", { point, epochs, score, steps, spent }),
};

/**
 * The trial with the highest score; the first of them if there are several.
 * @throws RangeError if there are no trials.
 */
export function bestTrial<P extends Point>(trials: Trial<P>[]): Trial<P> {
  refuseUnless(trials.length > 0, "bestTrial: expected at least one trial", trials);
  return trials.reduce((best, trial) => (trial.score > best.score ? trial : best));
}

/**
 * The best score known after each number of updates; `null` as long as no trial had ended.
 * @throws RangeError if one of the updates is NaN.
 */
export function bestSoFar<P extends Point>(trials: Trial<P>[], updates: number[]): (number | null)[] {
  return updates.map((most) => {
    refuseUnless(!Number.isNaN(most), "bestSoFar: expected numbers of updates", most);
    const scores = trials.filter(({ spent }) => spent <= most).map(({ score }) => score);
    return scores.length > 0 ? Math.max(...scores) : null;
  });
}

/**
 * The quartiles over several curves, point by point; `null` where one of them has no value yet.
 * @throws RangeError if there are no curves, they differ in length, or a value is not finite.
 */
export function band(curves: (number | null)[][]): Record<"low" | "median" | "high", (number | null)[]> {
  refuseUnless(curves.length > 0, "band: expected at least one curve", curves);
  for (const curve of curves) {
    refuseUnless(curve.length === curves[0].length, `band: expected ${curves[0].length} values a curve`, curve.length);
    const areValues = curve.every((value) => value === null || Number.isFinite(value));
    refuseUnless(areValues, "band: expected finite numbers or null", curve);
  }
  const quartile = (share: number) =>
    curves[0].map((_, i) => {
      const values = curves.map((curve) => curve[i]);
      return values.includes(null) ? null : quantile(values, share)!;
    });
  return { low: quartile(0.25), median: quartile(0.5), high: quartile(0.75) };
}
