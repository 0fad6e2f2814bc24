import { suite } from "node:test";

/** What the chapter is made of, and the training of it. */
const tests = [
  "layers/layers",
  "optimizers/optimizers",
  "initializers",
  "network",
  "trainer",
  "data/dataset",
  "engine/bytes",
  "engine/scopes",
];

/** Runs the chapter's tests on another backend: against the same oracles, and within the same tolerances. */
export function testChapterOn(backend: string, more: string[] = []): void {
  process.env.TRAINING_BACKEND = backend;
  suite(`on ${backend}`, () => {
    for (const test of [...tests, ...more]) require(`../${test}.test.js`);
  });
}
