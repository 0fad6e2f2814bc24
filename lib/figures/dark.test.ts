import assert from "node:assert/strict";
import test from "node:test";
import { runInNewContext } from "node:vm";
import { inTheDark, inTheDarkScript } from "./dark";
import { palette, template } from "./figure";

/** The contrast of two colours, from 1 to 21, as WCAG 2.2 defines it. */
function contrast(a: string, b: string): number {
  const [low, high] = [a, b].map(luminance).sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

function luminance(colour: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const value = parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

test("in the dark, text and curves stand out from the paper, as in the light", () => {
  assert.equal(contrast("#ffffff", "#000000"), 21);
  for (const { layout } of [template, inTheDark(template)]) {
    assert.ok(contrast(layout.font.color, layout.paper_bgcolor) >= 7, "text");
    assert.ok(contrast(layout.xaxis.linecolor, layout.paper_bgcolor) >= 3, "axes");
  }
  const { paper_bgcolor } = inTheDark(template).layout;
  const curves = inTheDark(palette);
  assert.equal(new Set(curves).size, palette.length);
  for (const colour of curves) assert.ok(contrast(colour, paper_bgcolor) >= 4.5, `${colour} on ${paper_bgcolor}`);
});

test("what is given stays as it is, and other colours do, too", () => {
  const figure = { paper: "#FFFFFF", title: "#ffffff is white", line: { color: "#D55E00" }, x: [1, null] };
  const copy = structuredClone(figure);
  assert.deepEqual(inTheDark(figure), { ...figure, paper: "#14181d" });
  assert.deepEqual(figure, copy);
});

test("a page's script does the same", () => {
  assert.equal(runInNewContext(`${inTheDarkScript} inTheDark("#24292f")`), inTheDark("#24292f"));
});
