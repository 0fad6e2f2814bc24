import assert from "node:assert/strict";
import test from "node:test";
import { check } from "./index";
import { equal, holds, near, verdict } from "./finding";

test("a number is right within its tolerance, and says by how much it is off", () => {
  assert.deepEqual(near("loss", 0.3104, 0.31, 0.0005), { part: "loss", right: true });
  assert.deepEqual(near("loss", 0.5, 0.31, 0.0005), { part: "loss", right: false, off: "0.5 is too large by 0.19" });
  assert.deepEqual(near("loss", -0.5, 0.25, 0.0005), { part: "loss", right: false, off: "-0.5 is too small by 0.75" });
  for (const none of [undefined, NaN]) assert.deepEqual(near("loss", none, 1, 0.1), { part: "loss", right: undefined });
});

test("no infinite or wrong answer is right", () => {
  assert.equal(near("loss", Infinity, 1, 0.1).right, false);
  assert.equal(equal("layer", "784-100", "100-10").right, false);
  assert.equal(equal("layer", "100-10", "100-10").right, true);
  assert.equal(equal<string>("layer", undefined, "100-10").right, undefined);
});

test("the verdict sums up its parts", () => {
  const [right, wrong, open] = [near("a", 1, 1, 0), near("b", 2, 1, 0), holds("c_1", undefined)];
  const text = (...parts: (typeof right)[]) => verdict("6.1-1", parts)["text/plain"];
  assert.equal(text(right), "Exercise 6.1-1: right\n  ✓ a");
  assert.equal(text(open), "Exercise 6.1-1: no answer yet: write yours into the cell and run it");
  assert.equal(text(right, open), "Exercise 6.1-1: right so far\n  ✓ a\n  … c_1: no answer yet");
  assert.match(text(right, wrong, open), /^Exercise 6.1-1: 1 of 3 off\n.*✓ a\n.*✗ b: 2 is too large by 1\n.*… c_1/);
  assert.match(
    verdict("6.1-1", [right, open])["text/markdown"],
    /^\*\*Exercise 6.1-1\*\*: right so far\n\n- ✓ a\n- … c\\_1/,
  );
});

test("an exercise that does not exist is named", () => {
  assert.throws(() => check("6.9-1" as never, {} as never), /there is no exercise "6\.9-1"; there are .*6\.2-1/);
});
