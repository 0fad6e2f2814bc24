import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { gzipSync } from "node:zlib";
import { DataError, readIdx } from "./idx";

const folder = mkdtempSync(join(tmpdir(), "idx-test-"));
after(() => rmSync(folder, { recursive: true }));

/** Writes bytes to a file of that name; the path without `.gz`. */
function file(name: string, bytes: Uint8Array): string {
  writeFileSync(join(folder, name), bytes);
  return join(folder, name).replace(/\.gz$/, "");
}

/** Asserts that reading fails with a DataError about that file and each of these in its message. */
function assertRefused(path: string, read: () => unknown, ...parts: (string | RegExp)[]): void {
  assert.throws(read, (error) => {
    assert.ok(error instanceof DataError);
    assert.equal(error.name, "DataError");
    assert.equal(error.file, path);
    assert.ok(error.message.startsWith(path));
    for (const part of parts) assert.match(error.message, part instanceof RegExp ? part : new RegExp(part));
    return true;
  });
}

// The header of two images of 2 × 3 pixels, written out by hand, and their pixels.
const header = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3];
const pixels = [0, 1, 2, 3, 4, 5, 250, 251, 252, 253, 254, 255];
const images = Uint8Array.from([...header, ...pixels]);

test("shape and values are read from plain and from gzipped files", () => {
  const plain = readIdx(file("plain", images), 3);
  assert.deepEqual(plain, { file: join(folder, "plain"), shape: [2, 2, 3], values: Uint8Array.from(pixels) });
  const zipped = readIdx(file("zipped.gz", gzipSync(images)), 3);
  assert.deepEqual(zipped, { file: join(folder, "zipped.gz"), shape: [2, 2, 3], values: Uint8Array.from(pixels) });
});

test("sizes are read as big-endian 32-bit numbers", () => {
  const labels = new Uint8Array(8 + 70_000);
  labels.set([0, 0, 8, 1, 0x00, 0x01, 0x11, 0x70]);
  assert.deepEqual(readIdx(file("labels", labels), 1).shape, [70_000]);
});

test("of a plain and a gzipped file the plain one is read", () => {
  file("both.gz", gzipSync(images.slice(0, 3)));
  assert.equal(readIdx(file("both", images), 3).file, join(folder, "both"));
});

test("a file that is not there is named, with its gzipped form", () => {
  const path = join(folder, "nowhere");
  assertRefused(path, () => readIdx(path, 3), /no such file, nor nowhere\.gz/);
});

test("what can't be read is named, with the system's reason", () => {
  const path = join(folder, "directory");
  mkdirSync(path);
  assertRefused(path, () => readIdx(path, 3), /can't be read: EISDIR/);
});

test("a truncated file is refused at any length", () => {
  for (let length = 0; length < images.length; length++) {
    const path = file("truncated", images.slice(0, length));
    const expected = length < header.length ? "a header of 16 bytes" : "28 bytes for an array of \\[2, 2, 3\\]";
    assertRefused(path, () => readIdx(path, 3), `expected ${expected}, found ${length}\\b`, /truncated/);
  }
});

test("a file with something behind its end is refused", () => {
  const path = file("longer", Uint8Array.from([...images, 0]));
  assertRefused(path, () => readIdx(path, 3), /expected 28 bytes .*, found 29: something was added/);
});

test("sizes that no memory could hold are refused, not allocated", () => {
  const path = file("huge", Uint8Array.from([0, 0, 8, 3, ...new Array(12).fill(255)]));
  assertRefused(path, () => readIdx(path, 3), /array of \[4294967295, 4294967295, 4294967295\], found 16: truncated/);
});

test("an array without values is refused", () => {
  const path = file("empty", Uint8Array.from([0, 0, 8, 1, 0, 0, 0, 0]));
  assertRefused(path, () => readIdx(path, 1), /expected at least one value, found an array of \[0\]/);
});

test("other magic numbers are refused: other dimensions, other types, other files, gzip by another name", () => {
  const path = file("magic", images);
  assertRefused(path, () => readIdx(path, 1), "expected magic number 0x00000801 .*, found 0x00000803");
  writeFileSync(path, Uint8Array.from([0, 0, 0x0d, 3, ...images.slice(4)]));
  assertRefused(path, () => readIdx(path, 3), "expected magic number 0x00000803 .*, found 0x00000d03");
  writeFileSync(path, "<html>not found</html>");
  assertRefused(path, () => readIdx(path, 3), "found 0x3c68746d");
  writeFileSync(path, gzipSync(images));
  assertRefused(path, () => readIdx(path, 3), "gzipped: give it a name that ends in .gz");
});

test("a .gz file that is not gzipped, is cut off or is damaged is refused", () => {
  const whole = gzipSync(images);
  const damaged = Uint8Array.from(whole);
  damaged[whole.length - 6] ^= 1; // in the checksum
  const cases: [Uint8Array, RegExp][] = [
    [images, /expected gzip, which starts with 1f 8b, found 0000/],
    [new Uint8Array(0), /expected gzip.*, found an empty file/],
    [whole.subarray(0, whole.length - 9), /can't be unzipped: unexpected end of file/],
    [damaged, /can't be unzipped: incorrect data check/],
    [gzipSync(images.subarray(0, 20)), /expected 28 bytes .*, found 20: truncated/],
  ];
  for (const [bytes, message] of cases) {
    const path = file("unreadable.gz", bytes);
    assertRefused(`${path}.gz`, () => readIdx(path, 3), message);
  }
});

test("one changed bit is found by the SHA-256", () => {
  const path = file("summed", images);
  const sum = createHash("sha256").update(images).digest("hex");
  assert.equal(readIdx(path, 3, sum).values.length, 12);
  const changed = Uint8Array.from(images);
  changed[20] ^= 1;
  writeFileSync(path, changed);
  assertRefused(path, () => readIdx(path, 3, sum), `expected SHA-256 ${sum}, found [0-9a-f]{64}: damaged or changed`);
});
