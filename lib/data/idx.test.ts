import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { DataError } from "./file";
import { readIdx } from "./idx";

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

test("a folder that is not there, or is a file, is told as such", () => {
  const nowhere = join(folder, "nowhere", "images");
  assertRefused(nowhere, () => readIdx(nowhere, 3), /no such file, nor images\.gz; its folder is missing/);
  const inFile = join(file("no-folder", images), "images");
  assertRefused(inFile, () => readIdx(inFile, 3), /can't be read: ENOTDIR/);
});

test("what is no regular file is refused before it is opened, which a pipe or a device would never end", async () => {
  const path = (name: string) => join(folder, name);
  mkdirSync(path("folder"));
  execFileSync("mkfifo", [path("pipe")]);
  symlinkSync(path("pipe"), path("link-to-pipe"));
  symlinkSync("/dev/zero", path("device"));
  const server = createServer().listen(path("socket"));
  await once(server, "listening");
  symlinkSync(path("no-target"), path("dangling"));
  symlinkSync(path("loop"), path("loop"));
  try {
    for (const [name, message] of [
      ["folder", /expected a regular file, found a folder/],
      ["pipe", /expected a regular file, found a pipe/],
      ["link-to-pipe", /expected a regular file, found a pipe/],
      ["device", /expected a regular file, found a device/],
      ["socket", /expected a regular file, found a socket/],
      ["dangling", /expected a regular file, found a link that leads nowhere/],
      ["loop", /can't be read: ELOOP/],
    ] as const) {
      assertRefused(path(name), () => readIdx(path(name), 3), message);
      symlinkSync(path(name), path(`zipped-${name}.gz`));
      assertRefused(path(`zipped-${name}.gz`), () => readIdx(path(`zipped-${name}`), 3), message);
    }
  } finally {
    server.close();
  }
});

test("a file or folder without permission is told as such", () => {
  const closed = join(folder, "closed");
  mkdirSync(closed);
  writeFileSync(join(closed, "images"), images);
  const [secret, hidden] = [file("secret", images), join(closed, "images")];
  chmodSync(folder, 0o755); // anyone may enter, but for what is closed
  chmodSync(closed, 0);
  chmodSync(secret, 0);
  const root = process.geteuid!() === 0;
  if (root) process.seteuid!(65534); // root may read everything
  try {
    assertRefused(secret, () => readIdx(secret, 3), /can't be read: EACCES/);
    assertRefused(hidden, () => readIdx(hidden, 3), /can't be read: EACCES/);
  } finally {
    if (root) process.seteuid!(0);
    chmodSync(closed, 0o755);
  }
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

test("sizes that no memory could hold are refused, not allocated, and written plainly", () => {
  const sizes = "\\[4294967295, 4294967295, 4294967295\\]";
  const huge = Uint8Array.from([0, 0, 8, 3, ...new Array(12).fill(255)]);
  for (const [name, bytes] of [
    ["huge", huge],
    ["huge-zipped.gz", gzipSync(huge)],
  ] as const) {
    const path = file(name, bytes);
    const found = join(folder, name);
    assertRefused(found, () => readIdx(path, 3), `at most 1073741824 values, found a header for an array of ${sizes}`);
  }
});

test("a large file is compared with its header before it is read", () => {
  const path = file("sparse", images);
  truncateSync(path, 5e9);
  assertRefused(path, () => readIdx(path, 3), /expected 28 bytes .*, found 5000000000: something was added/);
  writeFileSync(path, Uint8Array.from([0, 0, 8, 1, 0x80, 0, 0, 0]));
  truncateSync(path, 8 + 2 ** 31);
  assertRefused(path, () => readIdx(path, 1), /expected at most 1073741824 values, found .* \[2147483648\]/);
  writeFileSync(`${path}-zipped.gz`, gzipSync(images));
  truncateSync(`${path}-zipped.gz`, 5e9);
  assertRefused(`${path}-zipped.gz`, () => readIdx(`${path}-zipped`, 3), /at most 65592 gzipped .*, found 5000000000/);
});

/** The header of so many labels and 30 MB of zeros, gzipped; then the zeros again and again, in members of their own. */
function bomb(labels: number, members: number): Buffer {
  const zeros = Buffer.alloc(30e6);
  const start = Buffer.from([0, 0, 8, 1, 0, 0, 0, 0]);
  start.writeUInt32BE(labels, 4);
  return Buffer.concat([gzipSync(Buffer.concat([start, zeros])), ...new Array(members).fill(gzipSync(zeros))]);
}

test("a gzipped file is not unzipped beyond what its header announces", () => {
  for (const [labels, members, message] of [
    [328, 0, /expected 336 bytes .*, found more than 336: something was added/],
    [328, 100, /expected at most 66208 gzipped bytes for an array of \[328\], found \d{7}: something was added/],
    [2e6, 100, /expected 2000008 bytes .*, found more than 2000008: something was added/],
  ] as const) {
    const path = file("bomb.gz", bomb(labels, members));
    // In a process of its own, the peak of whose memory shows what this file took.
    const script = `
      const { readIdx } = require(${JSON.stringify(require.resolve("./idx"))});
      const peak = () => Number(/VmHWM:\\s*(\\d+)/.exec(require("node:fs").readFileSync("/proc/self/status", "utf8"))[1]);
      const before = peak();
      const start = performance.now();
      try {
        readIdx(${JSON.stringify(path)}, 1);
      } catch ({ message }) {
        const [ms, kilobytes] = [performance.now() - start, peak() - before];
        console.log(JSON.stringify({ message, ms, kilobytes }));
      }`;
    const { message: told, ms, kilobytes } = JSON.parse(execFileSync(process.execPath, ["-e", script]).toString());
    assert.match(told, message);
    const most = 16_000 + statSync(`${path}.gz`).size / 1000;
    assert.ok(ms < 1000 && kilobytes < most, `${ms} ms, ${kilobytes} KB`);
  }
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
  file("twice.gz", gzipSync(gzipSync(images)));
  assertRefused(
    `${join(folder, "twice.gz")}`,
    () => readIdx(join(folder, "twice"), 3),
    "is gzipped twice: unzip it once",
  );
});

/** A gzipped file that says what the file in it was called. */
const withName = (gzipped: Buffer, length: number) =>
  Buffer.concat([
    gzipped.subarray(0, 3),
    Buffer.from([8]), // a name follows the ten bytes
    gzipped.subarray(4, 10),
    Buffer.alloc(length, "a"),
    Buffer.from([0]),
    gzipped.subarray(10),
  ]);

test("of gzipped files, those with a name, in several parts or padded with zeros are read", () => {
  const parts = [images.subarray(0, 5), images.subarray(5)].map((part) => gzipSync(part));
  for (const bytes of [
    withName(gzipSync(images), 300),
    Buffer.concat(parts),
    Buffer.concat([...parts, Buffer.alloc(9)]),
  ])
    assert.deepEqual([...readIdx(file("unusual.gz", bytes), 3).values], pixels);
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
    [whole.subarray(0, 15), /expected a header of 16 bytes, found \d+ bytes in all: truncated/],
    [gzipSync(images.subarray(0, 10)), /expected a header of 16 bytes, found 10 bytes in all: truncated/],
    [gzipSync(images.subarray(0, 20)), /expected 28 bytes .*, found 20: truncated/],
    [gzipSync(Uint8Array.from([...images, 0])), /expected 28 bytes .*, found more than 28: something was added/],
    [withName(whole, 5000), /expected a header of 16 bytes in the first 4096 gzipped ones, found 0/],
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

/** Any array of one or three dimensions, as the bytes of its file. */
const anyArray = fc
  .oneof(
    fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 1 }),
    fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 3, maxLength: 3 }),
  )
  .chain((shape) => {
    const length = shape.reduce((product, size) => product * size);
    return fc.uint8Array({ minLength: length, maxLength: length }).map((values) => {
      const sizes = Buffer.alloc(4 * shape.length);
      shape.forEach((size, i) => sizes.writeUInt32BE(size, 4 * i));
      return { shape, values, bytes: Buffer.concat([Buffer.from([0, 0, 8, shape.length]), sizes, values]) };
    });
  });

test("property: what was written is read back, plain or gzipped", () => {
  fc.assert(
    fc.property(anyArray, fc.boolean(), ({ shape, values, bytes }, zipped) => {
      const path = file(zipped ? "any-zipped.gz" : "any", zipped ? gzipSync(bytes) : bytes);
      assert.deepEqual(readIdx(path, shape.length), { file: zipped ? `${path}.gz` : path, shape, values });
    }),
  );
});

test("property: changed, cut or added bytes give the same array or a DataError, if a sum or gzip guards it", () => {
  const damage = fc.record({
    from: fc.nat(),
    removed: fc.oneof(fc.constant(0), fc.nat(3), fc.nat(1000)),
    added: fc.oneof(
      fc.constant(new Uint8Array()),
      fc.uint8Array({ maxLength: 3 }),
      fc.uint8Array({ maxLength: 200, size: "max" }),
    ),
  });
  fc.assert(
    fc.property(anyArray, fc.boolean(), damage, ({ shape, values, bytes }, zipped, { from, removed, added }) => {
      const whole = zipped ? gzipSync(bytes) : bytes;
      const at = from % (whole.length + 1);
      const damaged = Buffer.concat([whole.subarray(0, at), added, whole.subarray(at + removed)]);
      const path = file(zipped ? "any-zipped.gz" : "any", damaged);
      const sum = zipped ? undefined : createHash("sha256").update(whole).digest("hex");
      try {
        assert.deepEqual(readIdx(path, shape.length, sum), { file: zipped ? `${path}.gz` : path, shape, values });
      } catch (error) {
        if (!(error instanceof DataError)) throw error;
        assert.ok(error.message.startsWith(path));
        assert.notDeepEqual(damaged, whole);
      }
    }),
    { numRuns: 500 },
  );
});
