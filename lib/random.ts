import { createHash } from "node:crypto";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plusFromState } from "pure-rand/generator/xoroshiro128plus";
import { tested } from "./engine/pure";
import { named, setLook } from "./look";

/** A reproducible sequence of random numbers. Each call takes the next ones. */
export interface RandomStream {
  /** A number uniformly distributed over the multiples of 2⁻⁵³ in [0, 1). */
  uniform(): number;

  /**
   * A number from the normal distribution with mean 0 and standard deviation 1.
   *
   * Marsaglia and Bray, "A Convenient Method for Generating Normal Variables", 1964: the polar method.
   */
  normal(): number;

  /**
   * `length` numbers from the normal distribution with mean 0 and standard deviation `std`.
   * @throws if `length` is not an integer of at least 0, or `std` not a finite number of at least 0.
   */
  normals(length: number, std?: number): Float32Array;

  /**
   * An integer from 0 up to but not including `n`, each equally likely.
   * @throws if `n` is not an integer of at least 1.
   */
  integer(n: number): number;

  /**
   * The integers from 0 up to but not including `n`, each once, all orders equally likely (Fisher–Yates).
   * @throws if `n` is not an integer of at least 0.
   */
  permutation(n: number): number[];

  /** The stream's position, to go on from later. */
  state(): StreamState;

  /**
   * Goes on from a saved position.
   * @throws if it is none: not four integers of 32 bits, or all zeros, which no stream comes to.
   */
  restore(state: StreamState): void;
}

/** The generator's 128 bits, and the second of a pair of normal numbers if only the first has been taken. */
export interface StreamState {
  generator: readonly number[];
  spare?: number;
}

/**
 * The stream of random numbers that belongs to a seed and a name. Every random number of the library
 * comes from one. Streams with different seeds or names are independent, so what one part of an
 * experiment draws does not shift what another part gets.
 *
 * The generator is xoroshiro128+ (Blackman and Vigna, "Scrambled Linear Pseudorandom Number
 * Generators", 2021, https://arxiv.org/abs/1805.01407), its lower 32 bits. Its 128 bits of state start
 * as the first half of the SHA-256 of seed and name, so that seeds 0 and 1 give streams as different as any two.
 *
 * @param seed an integer from 0 to 2⁵³ − 1.
 * @param name what the numbers are for, such as `"weights"` or `"batches"`.
 * @throws if the seed is anything else.
 */
export function randomStream(seed: number, name: string): RandomStream {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new RangeError(
      `randomStream: expected a seed that is an integer from 0 to ${Number.MAX_SAFE_INTEGER}, got ${seed}`,
    );
  }
  const hash = createHash("sha256").update(`${seed} ${name}`).digest();
  let generator = xoroshiro128plusFromState([0, 4, 8, 12].map((byte) => hash.readInt32BE(byte)));
  let spare: number | undefined;

  const uniform = () => uniformFloat64(generator);

  const normal = () => {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    // A point inside the unit circle, except its centre, gives two independent normal numbers.
    let x, y, square;
    do {
      x = 2 * uniform() - 1;
      y = 2 * uniform() - 1;
      square = x * x + y * y;
    } while (square >= 1 || square === 0);
    const factor = Math.sqrt((-2 * Math.log(square)) / square);
    spare = y * factor;
    return x * factor;
  };

  const normals = (length: number, std = 1) => {
    if (!Number.isSafeInteger(length) || length < 0)
      throw new RangeError(`normals: expected length to be an integer of at least 0, got ${length}`);
    if (!Number.isFinite(std) || std < 0)
      throw new RangeError(`normals: expected std to be a finite number of at least 0, got ${std}`);
    const values = new Float32Array(length);
    for (let i = 0; i < length; i++) values[i] = std * normal();
    return values;
  };

  const integer = (n: number) => {
    if (!Number.isSafeInteger(n) || n < 1)
      throw new RangeError(`integer: expected n to be an integer of at least 1, got ${n}`);
    return uniformInt(generator, 0, n - 1);
  };

  const permutation = (n: number) => {
    if (!Number.isSafeInteger(n) || n < 0)
      throw new RangeError(`permutation: expected n to be an integer of at least 0, got ${n}`);
    const order = Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = integer(i + 1);
      [order[i], order[j]] = [order[j], order[i]];
    }
    return order;
  };

  const state = () => ({ generator: generator.getState(), spare });

  const restore = (state: StreamState) => {
    const { generator: bits, spare: left } = state;
    // From zeros the generator gives nothing but zeros, and a normal number would never be found.
    const isGenerator =
      bits.length === 4 && bits.every((word) => word === (word | 0)) && bits.some((word) => word !== 0);
    if (!isGenerator)
      throw new RangeError(`restore: expected four integers of 32 bits, not all 0, got ${bits.join(", ")}`);
    if (left !== undefined && !Number.isFinite(left))
      throw new RangeError(`restore: expected a finite spare number, got ${left}`);
    generator = xoroshiro128plusFromState(bits);
    spare = left;
  };

  const stream = { uniform, normal, normals, integer, permutation, state, restore };
  tested(stream); // a step draws inside `changing`, or is found to compute with other numbers at each call
  return setLook(stream, { text: () => named("RandomStream", { seed, name }) });
}
