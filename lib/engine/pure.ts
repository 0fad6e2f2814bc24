import { peek } from "./lazy";

/** Whose word it is that a thing does the same at each call: its author's, or that of tests which compare it with its graph. */
type Word = "author" | "tests";

const words = new WeakMap<object, Word>();

/**
 * Declares that the methods of these classes or objects do the same at each call, except for what they take from
 * {@link changing} and from their own properties, so that a step made of them can run as a graph. The library's layers
 * and update rules are declared so; declare your own if it holds for them.
 *
 * ```ts
 * class Swish implements Layer { … }
 * pure(Swish);
 * ```
 */
export function pure(...things: (object | { prototype: object })[]): void {
  take("author", things);
}

/** Declares the same of what the tests compare with its graph, so that it need not be compared while it trains. */
export function tested(...things: (object | { prototype: object })[]): void {
  take("tests", things);
}

function take(word: Word, things: object[]): void {
  for (const thing of things) words.set("prototype" in thing ? (thing.prototype as object) : thing, word);
}

/**
 * On whose word an object's methods do the same at each call, or `undefined` if on nobody's. An object without methods
 * needs none. A subclass has to be declared itself, and so has an object of a tested class that was given another method.
 */
export function wordFor(object: object): Word | undefined {
  const own = words.get(object);
  if (own) return own;
  const prototype = Object.getPrototypeOf(object) as object;
  const isPlain = prototype === Object.prototype || prototype === Array.prototype || prototype === null;
  const word = isPlain ? "tests" : words.get(prototype);
  const isTested = word === "tests" && Object.keys(object).every((key) => typeof peek(object, key) !== "function");
  return isTested || word === "author" ? word : undefined;
}
