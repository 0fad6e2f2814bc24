/**
 * How far a loop or several runs have come: one output, changed in place, with the rate and the time left.
 * What stays in a saved notebook has no times in it, so that a notebook run again is the same.
 */
import { quickly } from "../quick";
import { cellSignal, display, inNotebook, newDisplayId } from "./kernel";

const INTERVAL_MS = 100; // between two changes of the output

/**
 * Goes through a range or a list and shows how far the loop has come.
 *
 * ```ts
 * for (const i of progress(2000, "SGD")) { … }   // i = 0 … 1999
 * for (const scale of progress(scales)) { … }
 * ```
 *
 * @param items a count, or what has a length; of a count, a quick run (`QUICK=1`) makes only a tenth
 * @param label at the beginning of the line
 * @throws RangeError if the count is not a whole number of 0 or more
 */
export function progress(count: number, label?: string): Generator<number, void, undefined>;
export function progress<T>(items: readonly T[], label?: string): Generator<T, void, undefined>;
export function* progress<T>(items: number | readonly T[], label?: string): Generator<number | T, void, undefined> {
  const total = typeof items === "number" ? quickly(items) : items.length;
  if (!Number.isInteger(total) || total < 0) {
    throw new RangeError(`progress: expected a whole number of steps, got ${total}`);
  }
  const lines = new Lines([label]);
  let done = 0;
  try {
    for (; done < total; done++) {
      lines.set(0, done, total);
      yield typeof items === "number" ? done : items[done];
    }
  } finally {
    // The loop may have been left before its end.
    lines.finish(0, done, total);
  }
}

/**
 * One line for each of several runs that go on side by side.
 *
 * ```ts
 * await runAll(specs, { onProgress: progressBars(["SGD", "Momentum"]), signal: cellSignal() });
 * ```
 *
 * @param names of the runs, in their order
 * @returns what to call when run `index` has done `done` of `total` steps
 */
export function progressBars(names: readonly string[]): (index: number, done: number, total: number) => void {
  const lines = new Lines(names);
  return (index, done, total) => (done < total ? lines.set(index, done, total) : lines.finish(index, done, total));
}

/**
 * One line for many runs: how many of them have ended. It goes to `runAll` as it is, and ends the runs when the cell is
 * interrupted. See `sweep`.
 */
export function runsProgress(
  count: number,
  label = "runs",
): { onProgress: (index: number, done: number, total: number) => void; signal?: AbortSignal } {
  const lines = new Lines([label]);
  const ended = new Set<number>();
  const onProgress = (index: number, done: number, total: number) => {
    if (done === total) ended.add(index);
    if (ended.size < count) lines.set(0, ended.size, count);
    else lines.finish(0, count, count);
  };
  return { onProgress, signal: cellSignal() };
}

interface Line {
  label?: string;
  done: number;
  total: number;
  started?: number;
  finished: boolean;
}

class Lines {
  #id = newDisplayId();
  #lines: Line[];
  #shown = false;
  #next = 0;

  constructor(labels: readonly (string | undefined)[]) {
    this.#lines = labels.map((label) => ({ label, done: 0, total: 0, finished: false }));
    // An interrupted cell must not leave a line that looks as if it still ran.
    cellSignal()?.addEventListener("abort", () => this.#stop(), { once: true });
  }

  set(index: number, done: number, total: number): void {
    const now = performance.now();
    Object.assign(this.#lines[index], { done, total });
    this.#lines[index].started ??= now;
    if (!inNotebook() || now < this.#next) return;
    this.#next = now + INTERVAL_MS;
    this.#show();
  }

  finish(index: number, done: number, total: number): void {
    Object.assign(this.#lines[index], { done, total, finished: true });
    if (inNotebook()) this.#show();
    else console.log(describe(this.#lines[index], 0));
  }

  #stop(): void {
    if (!this.#shown) return;
    for (const line of this.#lines) line.finished = true;
    this.#show();
  }

  #show(): void {
    const width = Math.max(...this.#lines.map(({ label }) => label?.length ?? 0));
    const text = this.#lines.map((line) => describe(line, width)).join("\n");
    display({ "text/plain": text }, { id: this.#id, update: this.#shown });
    this.#shown = true;
  }
}

const WIDTH = 24; // characters of a bar

function describe({ label, done, total, started, finished }: Line, width: number): string {
  const name = label === undefined ? "" : `${label.padEnd(width)}  `;
  if (finished) return done === total ? `${name}${total} of ${total}` : `${name}stopped after ${done} of ${total}`;
  if (started === undefined) return `${name}waiting`;
  const filled = Math.floor((WIDTH * done) / total);
  const bar = "█".repeat(filled) + "░".repeat(WIDTH - filled);
  const seconds = (performance.now() - started) / 1000;
  const rate = done / seconds;
  const pace = done > 0 ? `  ${rate.toPrecision(3)}/s, ${duration((total - done) / rate)} left` : "";
  return `${name}${bar} ${done} of ${total}${pace}`;
}

function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
