import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { root } from "#setup/clone.mjs";
import { readNotebook } from "./notebook-format.js";

const MOST_LINES = 25;
const MOST_COLUMNS = 80;

test("a cell of the notebooks can be read without scrolling", () => {
  const folder = join(root, "notebooks");
  const notebooks = readdirSync(folder).filter((name) => name.endsWith(".ipynb"));
  assert.equal(notebooks.length, 5);
  const tooLarge = notebooks.flatMap((name) =>
    readNotebook(join(folder, name))
      .cells.filter(({ cell_type }) => cell_type === "code")
      .map(({ id, source }) => ({ id, lines: [source].flat().join("").split("\n") }))
      .filter(({ lines }) => lines.length > MOST_LINES || lines.some((line) => [...line].length > MOST_COLUMNS))
      .map(({ id }) => `${name}, ${id}`),
  );
  assert.deepEqual(tooLarge, []);
});
