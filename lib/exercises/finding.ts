/**
 * What a check finds out about one part of an answer.
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
export function holds(part: string, right: boolean | undefined, off: string): Finding {
  return { part, right, off };
}
