// PNG with a palette: figures have few colours and many shades at their edges, so 256 colours take a third of the space
// and look the same. Equal images give equal bytes.
import { crc32, deflateSync, inflateSync } from "node:zlib";

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** [red, green, blue, alpha], each from 0 to 255. */
type Colour = number[];

interface Shade {
  colour: Colour;
  /** How much it counts: the root of its pixels, so that a large area does not take all shades. */
  weight: number;
}

/**
 * The same image with at most `size` colours, of which each pixel has the nearest.
 * @param png  of 8 bits a channel, with or without alpha, not interlaced, as a canvas writes it
 * @throws if it is another kind of PNG
 */
export function withPalette(png: Buffer, size = 256): Buffer {
  const { width, height, pixels } = decode(png);
  const counts = countsOf(pixels);
  const shades = [...counts].map(([pixel, count]) => ({ colour: channels(pixel), weight: Math.sqrt(count) }));
  const palette = choosePalette(shades, size);
  const indices = new Map([...counts.keys()].map((pixel, i) => [pixel, nearest(shades[i].colour, palette)]));

  const lines = Buffer.alloc(height * (width + 1)); // a 0 before each row: no filter
  let last = pixels[0];
  let index = indices.get(last)!;
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++) {
      const pixel = pixels[row * width + column];
      if (pixel !== last) index = indices.get((last = pixel))!;
      lines[row * (width + 1) + 1 + column] = index;
    }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3], 8); // bits of an index; with a palette
  return Buffer.concat([
    SIGNATURE,
    chunk("IHDR", header),
    chunk("PLTE", Buffer.from(palette.flatMap(([r, g, b]) => [r, g, b]))),
    ...(palette.some(([, , , alpha]) => alpha < 255) ? [chunk("tRNS", Buffer.from(palette.map((c) => c[3])))] : []),
    chunk("IDAT", deflateSync(lines, { level: 9, memLevel: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function countsOf(pixels: Uint32Array): Map<number, number> {
  const counts = new Map<number, number>();
  let begin = 0; // of a run of equal pixels
  for (let i = 1; i <= pixels.length; i++) {
    if (pixels[i] === pixels[begin]) continue;
    counts.set(pixels[begin], (counts.get(pixels[begin]) ?? 0) + i - begin);
    begin = i;
  }
  return counts;
}

/** Splits the group of shades that differ most, until there are enough groups; their means then move to their shades. */
function choosePalette(shades: Shade[], size: number): Colour[] {
  if (shades.length <= size) return shades.map(({ colour }) => colour);
  const groups = [measured(shades)];
  while (groups.length < size) {
    const { widest, channel, mean, members } = groups.reduce((a, b) => (b.widest > a.widest ? b : a));
    if (widest === 0) break;
    const at = groups.findIndex((group) => group.members === members);
    const low = members.filter(({ colour }) => colour[channel] <= mean[channel]);
    const high = members.filter(({ colour }) => colour[channel] > mean[channel]);
    groups.splice(at, 1, measured(low), measured(high));
  }
  let palette = groups.map(({ mean }) => mean);
  const ROUNDS = 3;
  for (let round = 0; round < ROUNDS; round++) {
    const members: Shade[][] = palette.map(() => []);
    for (const shade of shades) members[nearest(shade.colour, palette)].push(shade);
    palette = palette.map((colour, i) => (members[i].length > 0 ? measured(members[i]).mean : colour));
  }
  return palette.map((colour) => colour.map(Math.round));
}

/** The mean of shades, and the channel in which they differ most, by the sum of the weighted squares. */
function measured(members: Shade[]) {
  const total = members.reduce((sum, { weight }) => sum + weight, 0);
  const mean = [0, 1, 2, 3].map(
    (channel) => members.reduce((sum, { colour, weight }) => sum + weight * colour[channel], 0) / total,
  );
  const spreads = mean.map((centre, channel) =>
    members.reduce((sum, { colour, weight }) => sum + weight * (colour[channel] - centre) ** 2, 0),
  );
  const widest = members.length > 1 ? Math.max(...spreads) : 0;
  return { members, mean, widest, channel: spreads.indexOf(Math.max(...spreads)) };
}

function nearest([r, g, b, a]: Colour, palette: Colour[]): number {
  let best = 0;
  let least = Infinity;
  for (let i = 0; i < palette.length; i++) {
    const other = palette[i];
    const distance = (r - other[0]) ** 2 + (g - other[1]) ** 2 + (b - other[2]) ** 2 + (a - other[3]) ** 2;
    if (distance < least) {
      least = distance;
      best = i;
    }
  }
  return best;
}

const channels = (pixel: number): Colour => [pixel >>> 24, (pixel >>> 16) & 255, (pixel >>> 8) & 255, pixel & 255];

/** @returns each pixel as one number, red in the highest byte and alpha in the lowest */
function decode(png: Buffer): { width: number; height: number; pixels: Uint32Array } {
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  const [bits, kind, , , interlaced] = png.subarray(24, 29);
  if (bits !== 8 || (kind !== 2 && kind !== 6) || interlaced)
    throw new Error(`expected a PNG of 8 bits a channel in colour, got one of ${bits} bits and colour type ${kind}`);
  const data: Buffer[] = [];
  for (let at = 8; at < png.length;) {
    const length = png.readUInt32BE(at);
    if (png.toString("latin1", at + 4, at + 8) === "IDAT") data.push(png.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  const bytes = kind === 2 ? 3 : 4; // of a pixel
  const lines = inflateSync(Buffer.concat(data));
  const stride = width * bytes;
  const pixels = new Uint32Array(width * height);
  let above: Buffer = Buffer.alloc(stride);
  for (let row = 0; row < height; row++) {
    const filter = lines[row * (stride + 1)];
    const line = lines.subarray(row * (stride + 1) + 1, (row + 1) * (stride + 1));
    const before = Buffer.concat([Buffer.alloc(bytes), above]); // at i, what is above and one pixel to the left of it
    for (let i = 0; filter > 0 && i < stride; i++) {
      const left = i < bytes ? 0 : line[i - bytes];
      if (filter === 1) line[i] += left;
      else if (filter === 2) line[i] += above[i];
      else if (filter === 3) line[i] += (left + above[i]) >> 1;
      else line[i] += paeth(left, above[i], before[i]);
    }
    for (let i = 0; i < width; i++) {
      const at = i * bytes;
      pixels[row * width + i] =
        ((line[at] << 24) | (line[at + 1] << 16) | (line[at + 2] << 8) | (bytes === 4 ? line[at + 3] : 255)) >>> 0;
    }
    above = line;
  }
  return { width, height, pixels };
}

/** Whichever of its three neighbours is nearest to left + above − corner. */
function paeth(left: number, above: number, corner: number): number {
  const guess = left + above - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - above), Math.abs(guess - corner)];
  return a <= b && a <= c ? left : b <= c ? above : corner;
}

/** A chunk: its length, its kind, its data, and a checksum of the last two. */
function chunk(kind: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(kind, "latin1"), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}
