import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { stampedStep } from "#setup/step.mjs";

const nothing = () => {};

function stampIn(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "step-"));
  t.after(() => rmSync(folder, { recursive: true }));
  return join(folder, "made/.stamp");
}

test("a step is done once made, until its inputs change", async (t) => {
  let inputs = ["1"];
  const step = stampedStep({ name: "it", megabytes: 0, stamp: stampIn(t), inputs: () => inputs, make: async () => {} });
  assert.equal(step.isDone(), false);
  await step.make(nothing);
  assert.equal(step.isDone(), true);
  inputs = ["2"];
  assert.equal(step.isDone(), false);
  inputs = ["", "1"];
  assert.equal(step.isDone(), false);
});

test("a step that fails while being made again is no longer done", async (t) => {
  let fails = false;
  const make = async () => {
    if (fails) throw new Error("no");
  };
  const step = stampedStep({ name: "it", megabytes: 0, stamp: stampIn(t), inputs: () => ["1"], make });
  await step.make(nothing);
  fails = true;
  await assert.rejects(step.make(nothing), /no/);
  assert.equal(step.isDone(), false);
});
