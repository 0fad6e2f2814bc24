import type { RandomStream } from "../random";

const PAGE_BYTES = 4096;

/** Ways in which a file goes bad, on disks and on the way from one to another, or by somebody's hand. */
const WAYS: ((stream: RandomStream, bytes: Buffer) => Buffer)[] = [
  function flippedBit(stream, bytes) {
    bytes[stream.integer(bytes.length)] ^= 1 << stream.integer(8);
    return bytes;
  },
  function otherBytes(stream, bytes) {
    for (let left = 1 + stream.integer(50); left > 0; left--) bytes[stream.integer(bytes.length)] = stream.integer(256);
    return bytes;
  },
  function otherHeader(stream, bytes) {
    const start = stream.integer(2) === 0 ? 0 : pageIn(stream, bytes);
    for (let left = 1 + stream.integer(4); left > 0; left--)
      bytes[Math.min(start + stream.integer(108), bytes.length - 1)] =
        stream.integer(2) === 0 ? stream.integer(8) : stream.integer(256);
    return bytes;
  },
  function otherPointer(stream, bytes) {
    const place = Math.min(pageIn(stream, bytes) + 4 * stream.integer(4), bytes.length - 4);
    bytes.writeUInt32BE(stream.integer(Math.ceil(bytes.length / PAGE_BYTES) + 3), place);
    return bytes;
  },
  function sameBytes(stream, bytes) {
    const start = stream.integer(bytes.length);
    return bytes.fill(stream.integer(256), start, Math.min(start + 1 + stream.integer(PAGE_BYTES), bytes.length));
  },
  function zeroPage(stream, bytes) {
    const page = pageIn(stream, bytes);
    return bytes.fill(0, page, Math.min(page + PAGE_BYTES, bytes.length));
  },
  function noisyPage(stream, bytes) {
    noise(stream, PAGE_BYTES).copy(bytes, pageIn(stream, bytes));
    return bytes;
  },
  function pageTwice(stream, bytes) {
    const from = pageIn(stream, bytes);
    return bytes.copyWithin(pageIn(stream, bytes), from, from + PAGE_BYTES);
  },
  function swappedPages(stream, bytes) {
    const [one, other] = [pageIn(stream, bytes), pageIn(stream, bytes)];
    const before = Buffer.from(bytes);
    before.copy(bytes, one, other, other + PAGE_BYTES);
    before.copy(bytes, other, one, one + PAGE_BYTES);
    return bytes;
  },
  function cut(stream, bytes) {
    return bytes.subarray(0, stream.integer(bytes.length));
  },
  function cutAtPage(stream, bytes) {
    return bytes.subarray(0, pageIn(stream, bytes));
  },
  function grown(stream, bytes) {
    return Buffer.concat([bytes, noise(stream, 1 + stream.integer(3 * PAGE_BYTES))]);
  },
  function onlyNoise(stream) {
    return noise(stream, stream.integer(3 * PAGE_BYTES));
  },
];

/** The bytes of a file after one random damage, or seldom none. */
export function damaged(stream: RandomStream, bytes: Buffer): Buffer {
  return WAYS[stream.integer(WAYS.length)](stream, Buffer.from(bytes));
}

function pageIn(stream: RandomStream, bytes: Buffer): number {
  return PAGE_BYTES * stream.integer(Math.ceil(bytes.length / PAGE_BYTES));
}

function noise(stream: RandomStream, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => stream.integer(256)));
}
