/**
 * How a value shows itself: as text where Node shows values (`console.log`, a terminal, a notebook's `text/plain`), and
 * as a MIME bundle where a notebook shows the value of a cell's last expression.
 *
 * The properties that do this are not enumerable: to spreading, `JSON.stringify`, `structuredClone` and comparisons the
 * value is unchanged.
 */
import { inspect, type InspectOptionsStylized } from "node:util";

/** One value in several representations, by MIME type; JSON for a `…+json` type. */
export type MimeBundle = Record<string, unknown>;

/** Deno's convention, which our kernel follows. */
const DISPLAY = Symbol.for("Jupyter.display");

export interface Look<T> {
  /**
   * The text, or an object that Node shows in place of the value; `depth` is how many levels Node would still descend.
   */
  text(value: T, depth: number, options: InspectOptionsStylized): string | object;
  /** Richer forms for a notebook. */
  rich?(value: T): MimeBundle;
}

/** Gives one object a look. */
export function setLook<T extends object>(target: T, { text, rich }: Look<T>): T {
  define(target, inspect.custom, function (this: T, depth: number, options: InspectOptionsStylized) {
    try {
      return text(this, depth, options);
    } catch {
      return this; // a class's prototype, or an incomplete value: shown Node's way
    }
  });
  if (rich) {
    define(target, DISPLAY, function (this: T) {
      return rich(this);
    });
  }
  return target;
}

function define(target: object, symbol: symbol, value: (...args: never[]) => unknown): void {
  Object.defineProperty(target, symbol, { value, enumerable: false, configurable: true, writable: true });
}

/** Gives all values of a class a look. */
export function setLookOf<T extends object>(type: { prototype: T }, look: Look<T>): void {
  setLook(type.prototype, look);
}

/** For a look: an object that Node shows with this name and these properties. */
export function named(name: string, properties: object): object {
  return Object.assign(new { [name]: class {} }[name](), properties);
}
