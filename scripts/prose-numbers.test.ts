import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { root } from "#setup/clone.mjs";
import { readNotebook, type Cell } from "./notebook-format.js";
import { numbersWithoutSource, proseNumbers } from "./prose-numbers.js";

const folder = join(root, "notebooks");

for (const name of readdirSync(folder).filter((file) => file.endsWith(".ipynb"))) {
  test(`${name}: every number in its prose comes from an output above or from the code`, () => {
    const open = numbersWithoutSource(readNotebook(join(folder, name)));
    assert.deepEqual(
      open.map(({ cell, text, context }) => `${cell}: ${text} in “${context}”`),
      [],
    );
  });
}

const markdown = (source: string): Cell => ({ cell_type: "markdown", id: "text", source, metadata: {} });
const code = (source: string, text: string): Cell => ({
  cell_type: "code",
  id: "code",
  source,
  metadata: {},
  outputs: [{ output_type: "stream", text }],
});
const found = (...cells: Cell[]) =>
  numbersWithoutSource({ cells, metadata: {}, nbformat: 4, nbformat_minor: 5 }).map(({ text }) => text);

test("a number counts if an output above rounds to it", () => {
  const measures = code("measure()", "loss 0.3162, share 0.0002, 10000 images, −0.0942");
  assert.deepEqual(found(measures, markdown("It fell to 0.32, by 0.02%, on 10,000 images, to −0.09.")), []);
  assert.deepEqual(found(measures, markdown("It fell to 0.31, by 0.03%, on 11,000 images.")), [
    "0.31",
    "0.03%",
    "11,000",
  ]);
  assert.deepEqual(found(markdown("It fell to 0.32."), measures), ["0.32"], "the output stands below");
});

test("a setting counts wherever the code has it", () => {
  assert.deepEqual(found(markdown("A rate of 0.05 and $10^{-7}$."), code("train(0.05, 1e-7)", "")), []);
  assert.deepEqual(found(markdown("A rate of 0.05 and $3 \\cdot 10^{-7}$."), code("train(0.5)", "")), ["0.05", "3e-7"]);
});

test("numbers of sections, figures, equations, lists and years are no measurements, nor are small ones", () => {
  const text =
    "## 6.1.8 Twelve\n\n**11.** See section 6.4.2, (6.31), figure 6-14b and figures 6-10 to 6-13, of 2015: two of 10.";
  assert.deepEqual(proseNumbers(markdown(text)), []);
});
