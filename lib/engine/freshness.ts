import type { tf } from "./backend";

/** Elements that are compared: of a mask or the rows of a batch these are enough. */
const MOST = 64;

/**
 * Whether a tensor that is made again for each call of a graph ever differs. What its function takes from outside of it
 * keeps the value of the call that was recorded, which nothing but its sameness gives away.
 */
export class Freshness {
  private readonly first: number[];
  private calls = 0;
  private differs = false;

  /** @param tensor as it was made in the call that was recorded */
  constructor(tensor: tf.Tensor) {
    this.first = start(tensor);
  }

  /** Notes a tensor that was made for a call of the graph. */
  note(tensor: tf.Tensor): void {
    this.calls++;
    this.differs ||= !isSame(this.first, start(tensor));
  }

  /** Whether it was the same in all calls of the graph, and another in the next call that ran as written. */
  isStaleBeside(next: Freshness): boolean {
    return this.calls > 0 && !this.differs && !isSame(this.first, next.first);
  }
}

const start = (tensor: tf.Tensor) => [...tensor.dataSync<"float32">().subarray(0, MOST)];

const isSame = (a: number[], b: number[]) => a.every((value, i) => Object.is(value, b[i]));
