import assert from "node:assert/strict";
import test from "node:test";
import { z } from "zod";
import { checked, count, namesIn, notNegative, positive, seed, share } from "./checked";

const schema = z.strictObject({
  units: z.array(count(9)),
  rate: share.optional(),
  place: namesIn({ before: 0, after: 0 }).optional(),
});

const messages: [value: unknown, message: string][] = [
  [{ units: [1, 0] }, "Layer: units.1: expected a whole number from 1 to 9, got 0"],
  [{ units: [2.5] }, "Layer: units.0: expected a whole number from 1 to 9, got 2.5"],
  [{ units: 3 }, "Layer: units: expected array, got 3"],
  [{}, "Layer: units: expected array, got undefined"],
  [null, "Layer: expected object, got null"],
  [[1, 2], "Layer: expected object, got an array of 2"],
  [{ units: [], rate: NaN }, "Layer: rate: expected a number from 0 up to but not including 1, got NaN"],
  [{ units: [], rate: "0.5" }, 'Layer: rate: expected a number from 0 up to but not including 1, got "0.5"'],
  [{ units: [], rate: () => 1 }, "Layer: rate: expected a number from 0 up to but not including 1, got a function"],
  [{ units: [], place: {} }, "Layer: place: expected one of before, after, got an object"],
  [{ units: [], plaice: 1 }, "Layer: plaice: there is no such field"],
  [{ units: [], "\x1b[2J": 1 }, "Layer: \\u{1b}[2J: there is no such field"],
  [{ units: [], place: "\x1b[2J" }, 'Layer: place: expected one of before, after, got "\\u001b[2J"'],
  [
    { units: [0], rate: 1 },
    "Layer:\n  units.0: expected a whole number from 1 to 9, got 0\n" +
      "  rate: expected a number from 0 up to but not including 1, got 1",
  ],
];

for (const [value, message] of messages)
  test(`says what is wrong: ${message.replace(/\n\s*/g, " ")}`, () => {
    assert.throws(() => checked(schema, value, "Layer"), { name: "TypeError", message });
  });

test("a value that is right is given back", () => {
  const value = { units: [1, 9], rate: 0, place: "after" };
  assert.deepEqual(checked(schema, value, "Layer"), value);
});

test("of many problems the first ones are told", () => {
  const units = Array<number>(1000).fill(0);
  assert.throws(
    () => checked(schema, { units }, "Layer"),
    (error: Error) => error.message.split("\n").length === 1 + 8 + 1 && error.message.endsWith("… and 992 more"),
  );
});

const ranges = {
  count: [count(), [1, 2 ** 53 - 1], [0, -1, 0.5, 2 ** 53, Infinity]],
  "count from 0": [count(3, 0), [0, 3], [-1, 4]],
  seed: [seed, [0, 2 ** 53 - 1], [-1, 0.5]],
  share: [share, [0, 0.999], [1, -0.001]],
  positive: [positive, [5e-324, 1e308], [0, -1, Infinity]],
  notNegative: [notNegative, [0, -0, 1e308], [-5e-324, Infinity]],
} as const;
for (const [name, [schema, inside, outside]] of Object.entries(ranges))
  test(`${name}: what is inside and what is not`, () => {
    for (const value of inside) assert.equal(checked(schema, value, name), value);
    for (const value of [...outside, NaN, "1", null, undefined, 1n, [1]])
      assert.throws(() => checked(schema, value, name), TypeError);
  });
