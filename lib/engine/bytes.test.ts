import assert from "node:assert/strict";
import { test } from "node:test";
import { tf } from "./backend";
import { ByteMatrix } from "./bytes";
import { compile } from "./compile";

/** All bytes, in rows of so many. */
const allBytes = (columns: number) => {
  const rows = Math.ceil(256 / columns);
  return { bytes: Uint8Array.from({ length: rows * columns }, (_, i) => i), rows };
};

for (const columns of [1, 2, 3, 4, 5, 7, 8, 256]) {
  test(`rows of ${columns} bytes are, to the last bit, those of the whole matrix, and of each byte divided by 255`, () => {
    const { bytes, rows } = allBytes(columns);
    // Not at the start of its memory, as in a part of a set.
    const part = Uint8Array.from([9, ...bytes]).subarray(1);
    const matrix = new ByteMatrix(part, [rows, columns]);
    const share = (place: number, j: number) => Math.fround(bytes[place * columns + j] / 255);
    const places = [rows - 1, 0, Math.floor(rows / 2), 0];
    const expected = (places: number[]) =>
      places.flatMap((place) => Array.from({ length: columns }, (_, j) => share(place, j)));
    let call = 0;
    const turned = () => places.map((_, i) => places[(i + call) % 4]);
    const read = compile(() => [matrix.rows(() => Int32Array.from(turned()))]);
    tf.tidy(() => {
      for (; call < 6; call++) {
        const [found] = read();
        assert.deepEqual([found.shape, found.dtype], [[4, columns], "float32"]);
        assert.deepEqual([...found.dataSync()], expected(turned()), `call ${call}`);
      }
      assert.deepEqual(
        [...matrix.all().dataSync()],
        Array.from(bytes, (byte) => Math.fround(byte / 255)),
      );
    });
    read.dispose();
    matrix.dispose();
  });
}

test("rows made on one backend can be read on another", async () => {
  const matrix = new ByteMatrix(Uint8Array.of(0, 51, 102, 153, 204, 255), [2, 3]);
  const used = tf.getBackend();
  await tf.setBackend("cpu");
  try {
    const rows = tf.tidy(() => [...matrix.rows(() => Int32Array.of(1, 0)).dataSync()]);
    assert.deepEqual(rows, Array.from(Float32Array.of(0.6, 0.8, 1, 0, 0.2, 0.4)));
  } finally {
    await tf.setBackend(used);
  }
  matrix.dispose();
});
