/** Whose word it is that a thing does the same at each call: its author's, or that of tests which compare it with its graph. */
type Word = "author" | "tests";

const words = new WeakMap<object, Word>();

/**
 * Says of classes, or of objects, that their methods do the same at each call, but for what they take from
 * {@link changing} and from their own properties: a step made of them can run as a graph. Say it of your own layers and
 * update rules when it is true of them; the library's are such.
 *
 * ```ts
 * class Swish implements Layer { … }
 * pure(Swish);
 * ```
 */
export function pure(...things: (object | { prototype: object })[]): void {
  take("author", things);
}

/** The same of what is compared with its graph by tests, so that it need not be compared while it trains. */
export function tested(...things: (object | { prototype: object })[]): void {
  take("tests", things);
}

function take(word: Word, things: object[]): void {
  for (const thing of things) words.set("prototype" in thing ? (thing.prototype as object) : thing, word);
}

/**
 * Whose word it is that an object's methods do the same at each call, or `undefined` if nobody says so. What has no
 * methods needs none. A subclass is known only if it is named itself, as is an object that was given another method.
 */
export function wordFor(object: object): Word | undefined {
  const own = words.get(object);
  if (own) return own;
  const prototype = Object.getPrototypeOf(object) as object;
  const isPlain = prototype === Object.prototype || prototype === Array.prototype || prototype === null;
  const word = isPlain ? "tests" : words.get(prototype);
  const isTested = word === "tests" && Object.values(object).every((value) => typeof value !== "function");
  return isTested || word === "author" ? word : undefined;
}
