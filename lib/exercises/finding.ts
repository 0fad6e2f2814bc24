/**
 * What a check finds out about the parts of an answer, and what it says of the whole.
 */
import { written, type Cell } from "../notebook/table";

export interface Finding {
  /** The part, in the exercise's words: `"final x of Nesterov"`. */
  part: string;
  /** Undefined while there is no answer. */
  right: boolean | undefined;
  /** What is off, and by how much. */
  off?: string;
}

/**
 * A number that may be a little off, by rounding for instance.
 *
 * @param within the largest distance that still counts as right
 */
export function near(part: string, answer: number | undefined, right: number, within: number): Finding {
  if (answer === undefined || Number.isNaN(answer)) return { part, right: undefined };
  const distance = answer - right;
  if (Math.abs(distance) <= within) return { part, right: true };
  const direction = distance > 0 ? "too large" : "too small";
  return { part, right: false, off: `${written(answer)} is ${direction} by ${written(Math.abs(distance))}` };
}

/** A word or a whole number that is right or not. */
export function equal<T extends Cell>(part: string, answer: T | undefined, right: T): Finding {
  if (answer === undefined || Number.isNaN(answer)) return { part, right: undefined };
  return { part, right: answer === right, off: `not ${written(answer)}` };
}

/**
 * Anything else.
 *
 * @param off what is wrong, for a reader who does not know yet what is right
 */
export function holds(part: string, right: boolean | undefined, off = ""): Finding {
  return { part, right, off };
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
