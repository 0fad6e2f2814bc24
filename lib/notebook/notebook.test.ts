/**
 * Outside of a notebook: what would be shown is printed. Inside, scripts/kernel/tests/test_notebook_outputs.py looks.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { CLONE } from "../clone";
import { claims, overSeeds, progress, progressBars, show, showSource, showTable } from ".";

/** What `work` prints. */
function printed(t: test.TestContext, work: () => void): string {
  const log = t.mock.method(console, "log", () => {});
  try {
    work();
    return log.mock.calls.map(({ arguments: words }) => words.join(" ")).join("\n");
  } finally {
    log.mock.restore();
  }
}

test("progress goes through a range or a list and says how far it came", (t) => {
  const seen: unknown[] = [];
  assert.equal(
    printed(t, () => {
      for (const i of progress(3, "SGD")) seen.push(i);
    }),
    "SGD  3 of 3",
  );
  assert.equal(
    printed(t, () => {
      for (const word of progress(["a", "b"])) seen.push(word);
    }),
    "2 of 2",
  );
  assert.deepEqual(seen, [0, 1, 2, "a", "b"]);
  assert.equal(
    printed(t, () => {
      for (const i of progress(3)) if (i === 1) break;
    }),
    "stopped after 1 of 3",
  );
  assert.equal(
    printed(t, () => {
      for (const _ of progress(0));
    }),
    "0 of 0",
  );
  assert.throws(() => [...progress(2.5)], /expected a whole number of steps, got 2.5/);
});

test("progressBars says when each run is done", (t) => {
  assert.equal(
    printed(t, () => {
      const report = progressBars(["SGD", "Adam"]);
      report(1, 5, 10);
      report(0, 10, 10);
      report(1, 10, 10);
    }),
    "SGD  10 of 10\nAdam  10 of 10",
  );
});

test("a figure is its alt text", (t) => {
  const figure = { id: "6-1", caption: "caption", alt: "alt text", data: [], layout: {} };
  assert.equal(
    printed(t, () => show(figure)),
    "alt text",
  );
});

test("tables stand in columns, numbers on the right", (t) => {
  const text = printed(t, () =>
    showTable([
      { name: "SGD", loss: 10 },
      { name: "AdaGrad", loss: 2.5 },
    ]),
  );
  assert.equal(text, "name     loss\n-------  ----\nSGD        10\nAdaGrad   2.5");
  assert.throws(() => showTable([]), /at least one row/);
});

test("a claim that must hold, and does not with every seed, is thrown after the table", (t) => {
  const list = [
    { claim: "first", measured: "1", held: true, mustHold: true },
    { claim: "second", measured: "2", held: [true, false], mustHold: true },
    { claim: "third", measured: "3", held: false },
  ];
  const text = printed(t, () => assert.throws(() => claims(list), /should hold and did not: "second"$/));
  assert.match(text, /first +1 +✓ held\n/);
  assert.match(text, /second +2 +✗ not held \(1 of 2 seeds\)\n/);
  assert.match(text, /third +3 +✗ not held$/);
  assert.throws(() => claims([{ claim: "none", measured: "", held: [] }]), /"none" was checked with no seed/);
});

test("overSeeds gives mean and standard deviation", () => {
  // By hand: mean 5, squares of the differences 9 + 1 + 1 + 9 = 20, over 4 − 1, root of 6.667 = 2.582
  assert.equal(overSeeds([2, 4, 6, 8]), "5.000 ± 2.582 (4 seeds)");
  assert.equal(overSeeds([0.5], 1), "0.5 ± 0.0 (1 seed)");
});

test("showSource shows one declaration, with the comment above it, to its end", (t) => {
  const shown = (file: string, name: string) => printed(t, () => showSource(file, name));
  const whole = readFileSync(join(CLONE, "lib/search/successive-halving.ts"), "utf8");
  const search = shown("search/successive-halving.ts", "successiveHalving");
  assert.ok(whole.includes(search));
  assert.match(search, /^\/\*\*\n \* [^]*\n \*\/\nexport function\* successiveHalving[^]*\n}$/);
  assert.equal(search.match(/{/g)?.length, search.match(/}/g)?.length);
  assert.match(shown("optimizers/sgd.ts", "SGD"), /^\/\*\*[^]*export class SGD[^]*\n}$/);
  assert.match(shown("trainer.ts", "Measurement"), /^\/\*\* .*\*\/\nexport type Measurement = .*;$/);
});

test("showSource names what there is when it does not find something", () => {
  assert.throws(() => showSource("optimizers/nowhere.ts"), /there is no lib\/optimizers\/nowhere.ts/);
  assert.throws(() => showSource("../package.json"), /there is no lib/);
  assert.throws(() => showSource("notebook/table.ts", "nothing"), /exports no nothing; it exports .*showTable/);
});
