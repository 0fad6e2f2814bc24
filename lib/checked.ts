/** What values may be, and how it is said that one is not: the same for a run's spec and for the classes. */
import { z } from "zod";
import { printable } from "./printable";

/** A hostile value may have millions. */
const MOST_PROBLEMS = 8;

const number = (may: (value: number) => boolean, what: string) =>
  z.custom<number>((value) => typeof value === "number" && may(value), `expected ${what}`);

/** How many of something: a whole number. */
export const count = (most = Number.MAX_SAFE_INTEGER, least = 1) =>
  number(
    (value) => Number.isSafeInteger(value) && value >= least && value <= most,
    `a whole number from ${least} ${most === Number.MAX_SAFE_INTEGER ? "on" : `to ${most}`}`,
  );

export const seed = number(
  (value) => Number.isSafeInteger(value) && value >= 0,
  `an integer from 0 to ${Number.MAX_SAFE_INTEGER}`,
);

export const share = number((value) => value >= 0 && value < 1, "a number from 0 up to but not including 1");

export const positive = number((value) => value > 0 && value < Infinity, "a number above 0");

export const notNegative = number((value) => value >= 0 && value < Infinity, "a number from 0 on");

/** One of a table's names. */
export const namesIn = <T extends object>(table: T) => {
  const names = Object.keys(table) as (keyof T & string)[];
  return z.enum(names, `expected one of ${names.join(", ")}`);
};

/**
 * The value, if it is what the schema says.
 *
 * @param what whose value it is, for the message: `Network`
 * @throws TypeError naming each field that is missing, unknown or out of range, with what was expected and what was found.
 */
export function checked<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.flatMap((issue) => problemsOf(issue, value));
  const shown = problems.slice(0, MOST_PROBLEMS);
  if (shown.length < problems.length) shown.push(`… and ${problems.length - shown.length} more`);
  throw new TypeError(shown.length > 1 ? `${what}:\n  ${shown.join("\n  ")}` : `${what}: ${shown[0]}`);
}

function problemsOf(issue: z.core.$ZodIssue, value: unknown): string[] {
  const { code, message, path } = issue;
  if (code === "unrecognized_keys") return issue.keys.map((key) => `${named([...path, key])}there is no such field`);
  const expected = code === "invalid_type" ? `expected ${issue.expected}` : message;
  return [`${named(path)}${expected}${expected.startsWith("expected") ? `, got ${shown(valueAt(value, path))}` : ""}`];
}

const named = (path: PropertyKey[]) => (path.length > 0 ? `${printable(path.map(String).join("."), 100)}: ` : "");

const valueAt = (value: unknown, path: PropertyKey[]) =>
  path.reduce<unknown>((part, key) => (part as Record<PropertyKey, unknown> | undefined)?.[key], value);

/** A value from outside, in a few words. */
export function shown(value: unknown): string {
  if (typeof value === "string") return printable(JSON.stringify(value), 100);
  if (typeof value === "function") return "a function";
  if (Array.isArray(value)) return `an array of ${value.length}`;
  return typeof value === "object" && value !== null ? "an object" : Object.is(value, -0) ? "-0" : String(value);
}
