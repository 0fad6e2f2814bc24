const pureThings = new WeakSet<object>();

/**
 * Says of classes, or of objects, that their methods do the same at each call, but for what they take from
 * {@link changing} and from their own properties: a step made of them can run as a graph. The library's layers and update
 * rules are such; say it of your own when it is true of them.
 *
 * ```ts
 * class Swish implements Layer { … }
 * pure(Swish);
 * ```
 */
export function pure(...things: (object | { prototype: object })[]): void {
  for (const thing of things) pureThings.add("prototype" in thing ? (thing.prototype as object) : thing);
}

/** Whether an object has no methods of which that is not known. A subclass is known only if it is named itself. */
export function isPure(object: object): boolean {
  const prototype = Object.getPrototypeOf(object) as object;
  if (pureThings.has(object) || pureThings.has(prototype)) return true;
  const isPlain = prototype === Object.prototype || prototype === Array.prototype || prototype === null;
  return isPlain && Object.values(object).every((value) => typeof value !== "function");
}
