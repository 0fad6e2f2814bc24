/**
 * What a trained network gets wrong: how often, and which images.
 */
import { sum } from "d3-array";
import type { Figure } from "./figure";
import { palette, template } from "./figure";
import { png } from "./png";

const CLASSES = 10;

/**
 * A figure of our own: how often each digit was taken for each other one, as a table of bubbles. Right answers are left
 * out.
 *
 * @param labels the digits, 0 … 9
 * @param answers what the network took them for, in the same order
 * @throws RangeError if there are no digits, or not an answer for each, or one is no digit.
 */
export function confusions(labels: ArrayLike<number>, answers: ArrayLike<number>): Figure {
  if (labels.length === 0 || labels.length !== answers.length)
    throw new RangeError(`confusions: ${labels.length} digits and ${answers.length} answers; pass an answer for each`);
  const counts = Array.from({ length: CLASSES }, () => new Array<number>(CLASSES).fill(0));
  for (let i = 0; i < labels.length; i++) {
    if (counts[labels[i]]?.[answers[i]] === undefined)
      throw new RangeError(`confusions: expected digits from 0 to 9, got ${labels[i]}, taken for ${answers[i]}`);
    counts[labels[i]][answers[i]]++;
  }
  const cells = counts.flatMap((row, digit) =>
    row.flatMap((count, answer) => (digit !== answer && count > 0 ? [{ digit, answer, count }] : [])),
  );
  const errors = sum(cells, ({ count }) => count);
  const most = Math.max(1, ...cells.map(({ count }) => count));
  const frequent = [...cells].sort((a, b) => b.count - a.count).slice(0, 3);
  const axis = { range: [-0.6, 9.6], dtick: 1, zeroline: false, ticks: "", fixedrange: true };
  return {
    id: "6-24-confusion",
    caption:
      `The ${written(errors)} errors among ${written(labels.length)} images: how often each digit (row) was taken for each ` +
      "other one (column). Right answers are left out.",
    alt:
      `Table of bubbles, a row for each digit and a column for each answer; the larger the bubble, the more errors. ` +
      `${written(errors)} of ${written(labels.length)} images are wrong. The most frequent errors: ` +
      `${frequent.map(({ digit, answer, count }) => `${digit} taken for ${answer}: ${count}`).join("; ")}.`,
    data: [
      {
        type: "scatter",
        mode: "markers+text",
        x: cells.map(({ answer }) => answer),
        y: cells.map(({ digit }) => digit),
        text: cells.map(({ count }) => `${count}`),
        textfont: { size: 11 },
        marker: {
          color: palette[0],
          opacity: 0.3,
          size: cells.map(({ count }) => Number((32 * Math.sqrt(count / most)).toFixed(1))),
          line: { width: 0 },
        },
        hovertemplate: "%{y} taken for %{x}: %{text} times<extra></extra>",
      },
    ],
    layout: {
      template,
      height: 460,
      margin: { l: 56, r: 12, t: 12, b: 52 },
      showlegend: false,
      xaxis: { ...axis, title: { text: "taken for" } },
      yaxis: { ...axis, range: [9.6, -0.6], title: { text: "digit" } },
      // The diagonal, where nothing is confused.
      shapes: counts.map((_, digit) => ({
        type: "rect",
        layer: "below",
        x0: digit - 0.5,
        x1: digit + 0.5,
        y0: digit - 0.5,
        y1: digit + 0.5,
        fillcolor: "#e3e6ea",
        line: { width: 0 },
      })),
    },
  };
}

/** An image that a network takes for another digit. */
export interface WrongDigit {
  /** 28 × 28 bytes, row by row, from 0, black, to 255, white. */
  pixels: Uint8Array;
  label: number;
  answer: number;
  /** The probability that the network gives its answer, 0 … 1. */
  confidence: number;
}

const SIDE = 28; // pixels
const COLUMNS = 6;

/**
 * A figure of our own: images that a network gets wrong, each below its label and the answer, in the given order.
 *
 * @throws RangeError if there are no images, or one has another size.
 */
export function wrongDigits(wrong: WrongDigit[]): Figure {
  if (wrong.length === 0) throw new RangeError("wrongDigits: no images; pass at least one");
  const unfit = wrong.find(({ pixels }) => pixels.length !== SIDE * SIDE);
  if (unfit) throw new RangeError(`wrongDigits: expected ${SIDE * SIDE} pixels an image, got ${unfit.pixels.length}`);
  const columns = Math.min(COLUMNS, wrong.length);
  const rows = Math.ceil(wrong.length / columns);
  const places = wrong.map((_, i) => ({ x: (i % columns) + 0.5, y: Math.floor(i / columns) + 0.5 }));
  const least = Math.min(...wrong.map(({ confidence }) => confidence));
  const axis = { visible: false, fixedrange: true };
  return {
    id: "6-24-wrong",
    caption:
      `${wrong.length} of the images that the network gets wrong, those first of whose wrong answer it is surest. ` +
      "Above each image: its label → the answer, and the probability that the network gives that answer.",
    alt:
      `${wrong.length} images of handwritten digits in ${rows} rows. Label and answer: ` +
      `${wrong.map(({ label, answer }) => `${label} → ${answer}`).join(", ")}. ` +
      `The network gives each of these answers a probability of at least ${percent(least)}.`,
    data: [
      {
        type: "scatter",
        mode: "markers",
        x: places.map(({ x }) => x),
        y: places.map(({ y }) => y),
        // Invisible: what the pointer is told of an image.
        marker: { size: 40, opacity: 0 },
        text: wrong.map(({ label, answer, confidence }) => `${label}, taken for ${answer} with ${percent(confidence)}`),
        hovertemplate: "%{text}<extra></extra>",
      },
    ],
    layout: {
      template,
      height: 16 + 112 * rows,
      margin: { l: 0, r: 0, t: 8, b: 8 },
      showlegend: false,
      dragmode: false,
      xaxis: { ...axis, range: [0, columns] },
      yaxis: { ...axis, range: [rows, 0] },
      images: wrong.map(({ pixels }, i) => ({
        source: `data:image/png;base64,${png(pixels, SIDE, SIDE).toString("base64")}`,
        x: places[i].x,
        y: places[i].y + 0.14,
        xref: "x",
        yref: "y",
        xanchor: "center",
        yanchor: "middle",
        sizex: 0.9,
        sizey: 0.6,
        sizing: "contain",
      })),
      annotations: wrong.flatMap(({ label, answer, confidence }, i) => {
        const { x, y } = places[i];
        return [
          { x, y: y - 0.42, text: `<b>${label} → ${answer}</b>`, showarrow: false, font: { size: 13 } },
          { x, y: y - 0.26, text: percent(confidence), showarrow: false, font: { size: 11 } },
        ];
      }),
    },
  };
}

/** Never 100%: the network is not that sure, only the rounding. */
function percent(share: number): string {
  return share < 0.9995 ? `${(100 * share).toFixed(1)}%` : "> 99.9%";
}

function written(count: number): string {
  return count.toLocaleString("en-US");
}
