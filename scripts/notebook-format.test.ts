import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { root } from "#setup/clone.mjs";
import { joined, readNotebook } from "./notebook-format.js";

const MOST_LINES = 25;
const MOST_COLUMNS = 80;

const folder = join(root, "notebooks");
const names = readdirSync(folder).filter((name) => name.endsWith(".ipynb"));

/** The code cells of all notebooks, each with the heading that it stands under. */
const codeCells = names.flatMap((name) => {
  let heading = "";
  return readNotebook(join(folder, name)).cells.flatMap(({ id, cell_type, source, metadata }) => {
    const code = joined(source);
    if (cell_type === "code") return [{ place: `${name}, ${id}`, heading, code, metadata: metadata as CellMetadata }];
    heading = [...code.matchAll(/^#+ (.*)$/gm)].at(-1)?.[1] ?? heading;
    return [];
  });
});

interface CellMetadata {
  tags?: string[];
  jupyter?: { source_hidden?: boolean; outputs_hidden?: boolean };
}

const places = (cells: typeof codeCells) => cells.map(({ place }) => place);

test("a cell of the notebooks can be read without scrolling", () => {
  assert.equal(names.length, 5);
  const tooLarge = codeCells.filter(({ code }) => {
    const lines = code.split("\n");
    return lines.length > MOST_LINES || lines.some((line) => [...line].length > MOST_COLUMNS);
  });
  assert.deepEqual(places(tooLarge), []);
});

test("the notebooks are as one execution from the first cell to the last left them", () => {
  for (const name of names) {
    const cells = readNotebook(join(folder, name)).cells.filter(({ cell_type }) => cell_type === "code");
    const counts = cells.map(({ execution_count }) => execution_count);
    assert.deepEqual(
      counts,
      cells.map((_, i) => i + 1),
      name,
    );
  }
});

test("the library's sources that the notebooks show are those of today", () => {
  const shown = names.flatMap((name) =>
    readNotebook(join(folder, name)).cells.flatMap(({ source, outputs = [] }) => {
      const [, file] = joined(source).match(/^showSource\("([^"]+)"/m) ?? [];
      return file ? outputs.map(({ data }) => ({ name, file, code: joined(data?.["text/plain"]) })) : [];
    }),
  );
  assert.ok(shown.length >= 10, `${shown.length} shown`);
  const outdated = shown.filter(({ file, code }) => !readFileSync(join(root, "lib", file), "utf8").includes(code));
  assert.deepEqual(
    outdated.map(({ name, file }) => `${name}: ${file}`),
    [],
  );
});

test("the code that checks the claims is folded, and its tables are not", () => {
  const checks = codeCells.filter(({ heading }) => heading === "Which claims held");
  assert.equal(new Set(checks.map(({ place }) => place.split(",")[0])).size, 5);
  const wrong = codeCells.filter(({ code, metadata: { tags, jupyter } }, i) => {
    const isCheck = checks.includes(codeCells[i]);
    const folded = jupyter?.source_hidden === true && jupyter.outputs_hidden === undefined;
    return isCheck ? !(tags?.includes("claims") && folded) : /^claims\(/m.test(code) || tags?.includes("claims");
  });
  assert.deepEqual(places(wrong), []);
});

test("solutions stand behind all exercises, folded; each exercise has a cell that checks an answer", () => {
  const wrong = codeCells.filter(({ heading, code, metadata: { tags, jupyter } }) => {
    const folded = jupyter?.source_hidden === true && jupyter.outputs_hidden === true;
    const isSolution = heading === "Solutions";
    if (isSolution !== (tags?.includes("solution") ?? false)) return true;
    if (isSolution) return !folded;
    return (
      (heading === "Exercises") !== (tags?.includes("exercise") ?? false) ||
      /^check\(/m.test(code) !== (heading === "Exercises")
    );
  });
  assert.deepEqual(places(wrong), []);
});
