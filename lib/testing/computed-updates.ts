import type { TestContext } from "node:test";
import { ProcessPool, type Order } from "../experiments/local/pool";

/** Counts the updates that processes of this machine are told to make from now on. */
export function computedUpdates(t: TestContext): () => number {
  const { prototype } = ProcessPool as unknown as { prototype: { train(spec: unknown, order: Order): unknown } };
  const train = t.mock.method(prototype, "train");
  return () => train.mock.calls.reduce((sum, call) => sum + updatesIn(call.arguments[1]), 0);
}

const updatesIn = ({ start, end }: Order) => end - (start?.done ?? 0);
