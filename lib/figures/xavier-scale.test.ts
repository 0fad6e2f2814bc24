import assert from "node:assert/strict";
import test from "node:test";
import { xavierScale } from "./xavier-scale";

test("figure 6-12: layers fully connected, both labelled with 1/√n, one node's weights highlighted", () => {
  const figure = xavierScale();
  assert.deepEqual(JSON.parse(JSON.stringify(figure)), figure);
  assert.equal(figure.id, "6-12");
  const [others, highlighted] = figure.data;
  const edges = ({ x }: Record<string, unknown>) => (x as unknown[]).length / 3;
  assert.equal(edges(others) + edges(highlighted), 2 * 4 * 4);
  assert.equal(edges(highlighted), 4);
  const texts = (figure.layout.annotations as { text: string }[]).map(({ text }) => text);
  assert.equal(texts.filter((text) => text.includes("1/√n")).length, 2);
  assert.equal(texts.filter((text) => text === "n nodes").length, 3);
});
