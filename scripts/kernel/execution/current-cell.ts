/**
 * Which cell is it that prints? Also long after it has ended: what a timer prints belongs to the cell that set it.
 *
 * Node's AsyncLocalStorage would know it of every promise, too. But an interrupt that ends a loop behind an await ends
 * the whole process once that is in use (Node 20 and 22).
 */
import { promisify } from "node:util";

/** The id of the cell's request. */
let current: string | undefined;

export const currentCell = () => current;

/** From now on, this cell runs. An interrupted timer may have left another one here. */
export function beginCell(id: string): void {
  current = id;
}

/** Has the timers of Node run as parts of the cells that set them. */
export function takeOverTimers(): void {
  for (const name of ["setTimeout", "setInterval", "setImmediate"] as const) {
    const own = globalThis[name] as (callback: unknown, ...rest: unknown[]) => unknown;
    const replacement = (callback: unknown, ...rest: unknown[]) =>
      own(typeof callback === "function" ? asPartOfThisCell(callback as Callback) : callback, ...rest);
    Object.defineProperty(replacement, "name", { value: name });
    const promised = (own as { [promisify.custom]?: unknown })[promisify.custom];
    if (promised !== undefined) Object.defineProperty(replacement, promisify.custom, { value: promised });
    (globalThis as Record<string, unknown>)[name] = replacement;
  }
}

type Callback = (...values: never[]) => unknown;

/** A function that, whenever it is called, runs as a part of the cell that runs now. */
export function asPartOfThisCell<Function extends Callback>(callback: Function): Function {
  const cell = current;
  return function (this: unknown, ...values: Parameters<Function>) {
    const before = current;
    current = cell;
    try {
      return callback.apply(this, values);
    } finally {
      current = before;
    }
  } as Function;
}
