/** What stands in for a property until it is read, by the property's object. */
const standIns = new WeakMap<object, Record<string, object>>();

/**
 * Gives an object a property that is made whenever it is read. Another value may be put in its place.
 *
 * @param standIn what {@link peek} sees instead
 */
export function defineLazily(object: object, key: string, standIn: object, make: () => unknown): void {
  standIns.set(object, { ...standIns.get(object), [key]: standIn });
  Object.defineProperty(object, key, {
    enumerable: true,
    configurable: true,
    get: make,
    set(value: unknown) {
      delete standIns.get(object)![key];
      Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
    },
  });
}

/** A property's value, but what stands in for it rather than one that reading would make. */
export function peek(object: object, key: string): unknown {
  const own = standIns.get(object);
  return own && Object.hasOwn(own, key) ? own[key] : (object as Record<string, unknown>)[key];
}
