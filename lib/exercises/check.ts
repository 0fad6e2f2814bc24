/**
 * Exercises that answer back.
 */
import { display } from "../notebook/kernel";
import { exercises } from "./exercises";
import type { Finding } from "./finding";

type Exercises = typeof exercises;

/**
 * Says of an answer to an exercise what is right, what is off and by how much, and what is still to be answered.
 *
 * ```ts
 * check("6.1-2", { smallest: 0, largest: 1 });
 * ```
 *
 * @param id the section and the number of the exercise
 * @param answer what the exercise asks for, by name; whatever is left `undefined` counts as not answered yet
 * @throws RangeError if there is no such exercise
 */
export function check<Id extends keyof Exercises>(id: Id, answer: Parameters<Exercises[Id]>[0]): void {
  if (!Object.hasOwn(exercises, id)) {
    throw new RangeError(`check: there is no exercise "${id}"; there are ${Object.keys(exercises).join(", ")}`);
  }
  display(verdict(id, (exercises[id] as (answer: object) => Finding[])(answer)));
}

/** The findings as text, with a line for each part. */
export function verdict(id: string, findings: Finding[]): { "text/markdown": string; "text/plain": string } {
  const open = findings.filter(({ right }) => right === undefined);
  const wrong = findings.filter(({ right }) => right === false);
  const summary =
    wrong.length > 0
      ? `${wrong.length} of ${findings.length} off`
      : open.length === 0
        ? "right"
        : open.length === findings.length
          ? "no answer yet: write yours into the cell and run it"
          : "right so far";
  const line = ({ part, right, off }: Finding) =>
    right === undefined ? `… ${part}: no answer yet` : right ? `✓ ${part}` : `✗ ${part}: ${off}`;
  // Without any answer there is nothing to say of its parts.
  const lines = open.length === findings.length ? [] : findings.map(line);
  const inMarkdown = (text: string) => text.replace(/[\\`*_$<>[\]]/g, "\\$&");
  return {
    "text/markdown": [`**Exercise ${id}**: ${summary}`, "", ...lines.map((one) => `- ${inMarkdown(one)}`)]
      .join("\n")
      .trimEnd(),
    "text/plain": [`Exercise ${id}: ${summary}`, ...lines.map((one) => `  ${one}`)].join("\n"),
  };
}
