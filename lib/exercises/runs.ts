/**
 * Exercises about training runs: whether a reader's rows of `sweep` are the runs that were asked for.
 */
import type { RunSpec } from "../experiments";
import { canonical } from "../experiments/key";
import type { SweepRow } from "../notebook/sweep";
import type { History } from "../trainer";
import { holds, type Finding } from "./finding";

export type Rows = readonly Pick<SweepRow<object>, "spec" | "history">[];

/** A run that is asked for, in the exercise's words. */
export interface Wanted {
  name: string;
  spec: RunSpec;
}

/** Whether the rows have the runs that are asked for, in any order; and the history of each, if they have all. */
export function ran(rows: Rows | undefined, wanted: Wanted[]): { finding: Finding; histories?: History[] } {
  const part = wanted.length === 1 ? "the run" : `the ${wanted.length} runs`;
  if (rows === undefined) return { finding: holds(part, undefined) };
  const found = wanted.map(({ spec }) => rows.find((row) => differences(row.spec, spec).length === 0));
  const missing = wanted.find((_, i) => found[i] === undefined);
  if (!missing) return { finding: holds(part, true), histories: found.map((row) => row!.history) };
  // Of the rows that nobody asked for, one was perhaps meant to be this.
  const [nearest] = rows
    .filter((row) => !found.includes(row))
    .map((row) => differences(row.spec, missing.spec))
    .sort((a, b) => a.length - b.length);
  const but = nearest ? `; the nearest differs in ${nearest.join(", ")}` : "";
  return { finding: holds(part, false, `there is none with ${missing.name}${but}`) };
}

/** A finding about runs, which waits for them. */
export function ofRuns<Answer>(
  part: string,
  answer: Answer | undefined,
  histories: History[] | undefined,
  find: (answer: Answer, histories: History[]) => Finding,
): Finding {
  return answer === undefined || histories === undefined ? holds(part, undefined) : find(answer, histories);
}

/** The fields in which a run is not as asked, such as `network.activation`. It may record more. */
function differences(spec: RunSpec, asked: RunSpec): string[] {
  const [one, other] = [fieldsOf(spec), fieldsOf(asked)];
  const differing = [...new Set([...one.keys(), ...other.keys()])].filter((name) => one.get(name) !== other.get(name));
  return asked.record.every((what) => spec.record.includes(what)) ? differing : [...differing, "record"];
}

function fieldsOf({ record: _, ...spec }: RunSpec): Map<string, string> {
  const fields = Object.entries(spec).flatMap(([name, value]) =>
    typeof value === "object" ? Object.entries(value).map(([key, part]) => [`${name}.${key}`, part]) : [[name, value]],
  );
  return new Map(fields.filter(([, value]) => value !== undefined).map(([name, value]) => [name, canonical(value)]));
}
