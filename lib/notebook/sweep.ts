/**
 * Many runs of one kind, each of which keeps its parameters beside its history.
 */
import { groups } from "d3-array";
import { runAll, type RunAllOptions, type RunSpec } from "../experiments";
import { named, setLook } from "../look";
import type { History, Measurement } from "../trainer";
import { runsProgress } from "./progress";

/** The values that each parameter takes. */
type Values<P> = { readonly [Name in keyof P]: readonly P[Name][] };

/** One run of a sweep: its parameters by name, the spec that was made of them, and what came out. */
export type SweepRow<P extends object> = P & { spec: RunSpec; history: History };

export interface SweepOptions extends Omit<RunAllOptions, "onProgress" | "signal"> {
  /** What is counted in the line of progress; `runs` if not said. */
  label?: string;
}

/**
 * Runs a spec for every combination of some parameters, side by side, one process a core. A line says how many runs have
 * ended, and interrupting the cell ends them all.
 *
 * ```ts
 * const runs = await sweep({ rule: rules, seed: [1, 2, 3, 4] }, ({ rule, seed }) => trainWith(rule, seed));
 * runs.filter(({ rule }) => rule.name === "SGD").map(({ seed, history }) => …)
 * ```
 *
 * @param parameters the values of each parameter, of which the last changes fastest; or a list with the parameters of
 * each run
 * @param specOf makes the spec for one combination
 * @returns a row for each run, in that order
 * @throws RangeError if there is nothing to run, or a parameter is called `spec` or `history`; and what `runAll` throws
 */
export async function sweep<P extends object>(
  parameters: readonly P[],
  specOf: (choice: P) => RunSpec,
  options?: SweepOptions,
): Promise<SweepRow<P>[]>;
export async function sweep<P extends object>(
  parameters: Values<P>,
  specOf: (choice: P) => RunSpec,
  options?: SweepOptions,
): Promise<SweepRow<P>[]>;
export async function sweep<P extends object>(
  parameters: readonly P[] | Values<P>,
  specOf: (choice: P) => RunSpec,
  { label, ...where }: SweepOptions = {},
): Promise<SweepRow<P>[]> {
  const choices = Array.isArray(parameters) ? (parameters as P[]) : combinations(parameters as Values<P>);
  if (choices.length === 0) throw new RangeError("sweep: nothing to run; give each parameter at least one value");
  for (const name of ["spec", "history"]) {
    if (choices.some((choice) => name in choice))
      throw new RangeError(`sweep: a row has a ${name} of its own; rename the parameter`);
  }
  const specs = choices.map(specOf);
  const histories = await runAll(specs, { ...where, ...runsProgress(specs.length, label) });
  return choices.map((choice, i) =>
    setLook<SweepRow<P>>(
      { ...choice, spec: specs[i], history: histories[i] },
      { text: ({ spec, ...row }) => named("Run", row) }, // one of many: without its spec
    ),
  );
}

/** Every choice of one value for each name. */
function combinations<P extends object>(values: Values<P>): P[] {
  return (Object.entries(values) as [keyof P, P[keyof P][]][]).reduce<P[]>(
    (choices, [name, list]) => choices.flatMap((choice) => list.map((value) => ({ ...choice, [name]: value }))),
    [{} as P],
  );
}

/**
 * What was recorded in some rows of a sweep, as the curves of a figure: one for each name, with a run for each row.
 *
 * ```ts
 * lossCurves({ …, curves: curvesOf(runs, "loss", ({ rule }) => rule.name) })
 * ```
 */
export function curvesOf<Row extends { history: History }>(
  rows: readonly Row[],
  measurement: Measurement,
  nameOf: (row: Row) => string,
): { name: string; runs: History[Measurement][] }[] {
  return groups(rows, nameOf).map(([name, group]) => ({
    name,
    runs: group.map(({ history }) => history[measurement]),
  }));
}
