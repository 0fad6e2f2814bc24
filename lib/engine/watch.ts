import { tf } from "./backend";
import { peek } from "./lazy";
import { wordFor } from "./pure";

/** Longer arrays hold data, not settings. */
const MAX_ITEMS = 1000;

/** Something watched, and the value it had. */
interface Place {
  /** Its name to a reader: `Momentum.learningRate`. */
  path: string;
  read(): unknown;
  value: unknown;
  /** Whether it is the number of an object's properties rather than one of them. */
  isSize: boolean;
}

/**
 * The settings in some objects: numbers, strings and booleans such as a learning rate, and tensors, wherever they
 * are in the objects or in what these refer to. What a closure or a `#private` field holds cannot be seen.
 */
export class Watch {
  private readonly places: Place[] = [];
  private readonly settled = new Set<Place>();
  /** The name of the first object whose methods may do something else at each call. */
  impure?: string;
  /** Whether some of their methods do the same at each call by nothing but their author's word. */
  isOnTrust = false;

  constructor(objects: object[]) {
    const seen = new Set<object>();
    const add = (owner: Record<string, unknown>, name: string) => {
      if (seen.has(owner) || ArrayBuffer.isView(owner) || owner instanceof tf.Tensor) return;
      seen.add(owner);
      const word = wordFor(owner);
      if (!word) this.impure ??= `${nameOf(owner)}${name.includes(".") ? ` (${name})` : ""}`;
      if (word === "author") this.isOnTrust = true;
      const keys = Object.keys(owner);
      if (Array.isArray(owner) && keys.length > MAX_ITEMS) return;
      const size = () => Object.keys(owner).length;
      this.places.push({ path: name, read: size, value: keys.length, isSize: true });
      for (const key of keys) {
        const read = () => peek(owner, key);
        const [path, value] = [`${name}.${key}`, read()];
        this.places.push({ path, read, value, isSize: false });
        if (typeof value === "object" && value !== null) add(value as Record<string, unknown>, path);
      }
    };
    for (const object of objects) add(object as Record<string, unknown>, nameOf(object));
  }

  /** What has changed since, unless it may. */
  changed(): Place[] {
    return this.places.filter((place) => !Object.is(place.read(), place.value) && !this.settled.has(place));
  }

  /** Names a setting that has changed since: "changes SGD.learningRate from 0.1 to 0.05". */
  changedSetting(): string | undefined {
    const isPlain = (value: unknown) => value !== undefined && (typeof value !== "object" || value === null);
    const place = this.changed().find((place) => !place.isSize && (isPlain(place.value) || isPlain(place.read())));
    return place && `changes ${place.path} from ${String(place.value)} to ${String(place.read())}`;
  }

  /** Lets these change from now on. */
  settle(places: Place[]): void {
    for (const place of places) this.settled.add(place);
  }

  /** Lets whatever `act` changes change from now on. */
  settling<T>(act: () => T): T {
    const before = this.changed();
    const result = act();
    this.settle(this.changed().filter((place) => !before.includes(place)));
    return result;
  }
}

/** What its class is called; an object without a prototype has none. */
const nameOf = (object: object): string => (object as { constructor?: { name: string } }).constructor?.name ?? "Object";
