import assert from "node:assert/strict";
import test from "node:test";
import { inflateSync } from "node:zlib";
import { confusions, wrongDigits } from "./wrong-digits";

test("confusions counts each wrong answer, and no right one", () => {
  const figure = confusions([4, 4, 4, 9, 7, 7], [9, 9, 4, 4, 7, 1]);
  assert.deepEqual(JSON.parse(JSON.stringify(figure)), figure);
  const [{ x, y, text }] = figure.data as unknown as { x: number[]; y: number[]; text: string[] }[];
  assert.deepEqual(
    x.map((answer, i) => `${y[i]} → ${answer}: ${text[i]}`),
    ["4 → 9: 2", "7 → 1: 1", "9 → 4: 1"],
  );
  assert.match(figure.caption, /^The 4 errors among 6 images/);
  assert.match(figure.alt, /4 taken for 9: 2; 7 taken for 1: 1; 9 taken for 4: 1\.$/);
});

test("confusions refuses what is no digit, and lists that do not fit", () => {
  assert.throws(() => confusions([], []), { name: "RangeError", message: /0 digits/ });
  assert.throws(() => confusions([1, 2], [1]), { name: "RangeError", message: /2 digits and 1 answers/ });
  assert.throws(() => confusions([1], [10]), { name: "RangeError", message: /got 1, taken for 10/ });
});

test("each wrong digit is its own picture, below label and answer, six a row", () => {
  const wrong = Array.from({ length: 7 }, (_, i) => ({
    pixels: Uint8Array.from({ length: 784 }, (_, pixel) => (pixel * (i + 1)) % 256),
    label: i,
    answer: i + 1,
    confidence: 1 - 0.0004 * (i + 1),
  }));
  const figure = wrongDigits(wrong);
  assert.deepEqual(JSON.parse(JSON.stringify(figure)), figure);
  const images = figure.layout.images as { source: string; x: number; y: number }[];
  assert.deepEqual([images[6].x, images[6].y.toFixed(2)], [0.5, "1.64"]);
  images.forEach(({ source }, i) => {
    const file = Buffer.from(source.replace("data:image/png;base64,", ""), "base64");
    const at = file.indexOf("IDAT") + 4;
    const lines = inflateSync(file.subarray(at, at + file.readUInt32BE(at - 8)));
    const row = 5;
    assert.deepEqual([...lines.subarray(29 * row + 1, 29 * row + 29)], [...wrong[i].pixels.subarray(140, 168)]);
  });
  const texts = (figure.layout.annotations as { text: string }[]).map(({ text }) => text);
  assert.deepEqual(texts.slice(0, 4), ["<b>0 → 1</b>", "> 99.9%", "<b>1 → 2</b>", "99.9%"]);
  assert.match(figure.alt, /7 images of handwritten digits in 2 rows\. .* 6 → 7\. .* at least 99\.7%\.$/);
});

test("wrongDigits refuses an image of another size", () => {
  const wrong = { pixels: new Uint8Array(100), label: 1, answer: 7, confidence: 0.9 };
  assert.throws(() => wrongDigits([wrong]), { name: "RangeError", message: /784 pixels an image, got 100/ });
  assert.throws(() => wrongDigits([]), { name: "RangeError", message: /no images/ });
});
