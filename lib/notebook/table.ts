/**
 * Tables: of results, and of the claims of a section and what became of them.
 */
import { count, deviation, mean } from "d3-array";
import { QUICK } from "../quick";
import { display } from "./kernel";

export type Cell = string | number;

/**
 * Shows rows as a table. The first row's keys are the columns; numbers stand on the right, with four significant digits.
 *
 * ```ts
 * showTable([{ optimizer: "SGD", "final loss": 0.31 }, { optimizer: "Adam", "final loss": 0.04 }]);
 * ```
 *
 * @throws RangeError if there are no rows
 */
export function showTable(rows: readonly Record<string, Cell>[]): void {
  if (rows.length === 0) throw new RangeError("showTable: expected at least one row, got none");
  display(table(rows));
}

/** Rows as {@link showTable} shows them. */
export function table(rows: readonly Record<string, Cell>[]): { "text/markdown": string; "text/plain": string } {
  const columns = Object.keys(rows[0]);
  const cells = rows.map((row) => columns.map((column) => written(row[column])));
  const numeric = columns.map((column) => rows.every((row) => typeof row[column] === "number"));
  const line = (values: string[]) => `| ${values.map((value) => value.replaceAll("|", "\\|")).join(" | ")} |`;
  const markdown = [line(columns), line(numeric.map((right) => (right ? "---:" : ":---"))), ...cells.map(line)];

  const widths = columns.map((column, i) => Math.max(column.length, ...cells.map((row) => row[i].length)));
  const pad = (row: string[]) =>
    row
      .map((value, i) => (numeric[i] ? value.padStart(widths[i]) : value.padEnd(widths[i])))
      .join("  ")
      .trimEnd();
  const text = [columns, widths.map((width) => "-".repeat(width)), ...cells].map(pad);

  return { "text/markdown": markdown.join("\n"), "text/plain": text.join("\n") };
}

/** A number as it is read: whole, or with four significant digits. */
export function written(value: Cell | undefined): string {
  if (typeof value !== "number" || !Number.isFinite(value)) return String(value ?? "");
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e9) return String(value);
  return size >= 1e-4 && size < 1e6 ? String(Number(value.toPrecision(4))) : value.toExponential(2);
}

/** Something the section says, and whether it was so. */
export interface Claim {
  claim: string;
  /** What was measured, in words and numbers. */
  measured: string;
  /** Whether it held: once, or with each seed. */
  held: boolean | readonly boolean[];
  /** The notebook fails if this one does not hold with every seed. */
  mustHold?: boolean;
}

/**
 * Shows what a section claims, what was measured, and whether it held with every seed.
 *
 * @throws Error naming the claims that must hold and did not, after the table is shown;
 * RangeError if a claim was checked with no seed
 */
export function claims(list: readonly Claim[]): void {
  const verdicts = list.map(({ claim, held }) => {
    const seeds = typeof held === "boolean" ? [held] : held;
    if (seeds.length === 0) throw new RangeError(`claims: "${claim}" was checked with no seed`);
    const times = seeds.filter(Boolean).length;
    const count = seeds.length === 1 ? "" : ` (${times} of ${seeds.length} seeds)`;
    return { all: times === seeds.length, text: `${times === seeds.length ? "✓ held" : "✗ not held"}${count}` };
  });
  showTable(list.map(({ claim, measured }, i) => ({ claim, measured, held: verdicts[i].text })));
  const broken = list.filter(({ mustHold }, i) => mustHold && !verdicts[i].all);
  // A tenth of the training may well leave something unlearned.
  if (broken.length > 0 && !QUICK) {
    throw new Error(`claims: should hold and did not: ${broken.map(({ claim }) => `"${claim}"`).join(", ")}`);
  }
}

/**
 * The mean over seeds and the standard deviation between them, like `0.931 ± 0.004 (5 seeds)`.
 *
 * @param digits behind the point
 */
export function overSeeds(values: readonly number[], digits = 3): string {
  const [centre, spread] = [mean(values) ?? NaN, deviation(values) ?? 0];
  const seeds = count(values);
  return `${centre.toFixed(digits)} ± ${spread.toFixed(digits)} (${seeds} ${seeds === 1 ? "seed" : "seeds"})`;
}
