import assert from "node:assert/strict";
import test from "node:test";
import { dropoutDrawing } from "./dropout-drawing";

test("figure 6-22: dropped units have no connections, all others have all of theirs", () => {
  const figure = dropoutDrawing();
  assert.deepEqual(JSON.parse(JSON.stringify(figure)), figure);
  assert.equal(figure.id, "6-22");
  const [edges, kept, dropped] = figure.data;
  const at = ({ x, y }: Record<string, unknown>) => (x as number[]).map((value, i) => `${value},${(y as number[])[i]}`);
  const ends = new Set(at(edges));
  assert.equal(at(dropped).length, 4);
  for (const unit of at(dropped)) assert.ok(!ends.has(unit), `${unit} is dropped but connected`);
  for (const unit of at(kept)) assert.ok(ends.has(unit), `${unit} is kept but not connected`);
  // 4·5 + 5·5 + 5·3 connections on the left, 4·3 + 3·3 + 3·3 on the right; each is two points and a gap.
  assert.equal((edges.x as unknown[]).length, 3 * (60 + 30));
  assert.deepEqual(dropoutDrawing(), figure);
});
