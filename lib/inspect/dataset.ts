import type { Dataset } from "../data/dataset";
import type { Look } from "../look";
import { png } from "../figures/png";

const MAX_IMAGES = 10;
const MAX_SIDE = 32; // pixels of an image as shown
const MAX_LABELS = 20;

export const datasetLook: Look<Dataset> = {
  text(set, depth, { stylize }) {
    if (depth < 0) return stylize(`[Dataset of ${set.count} images]`, "special");
    const counts = countLabels(set);
    const widths = counts.map(([label, count]) => Math.max(label.length, count.length));
    const line = (name: string, i: 0 | 1) =>
      `  ${name}  ${counts.map((pair, j) => pair[i].padStart(widths[j])).join("  ")}`;
    return [`Dataset of ${set.count} images`, `  ${describe(set)}`, line("label ", 0), line("images", 1)].join("\n");
  },

  rich(set) {
    const counts = countLabels(set);
    const row = (name: string, cells: string[], tag: string) =>
      `<tr><th style="text-align: left">${name}</th>${cells.map((cell) => `<${tag}>${cell}</${tag}>`).join("")}</tr>`;
    return {
      "text/html": [
        `<div><p><strong>Dataset of ${set.count} images</strong><br>${describe(set)}</p>`,
        `<table><thead>${row(
          "label",
          counts.map(([label]) => label),
          "th",
        )}</thead>`,
        `<tbody>${row(
          "images",
          counts.map(([, count]) => count),
          "td",
        )}</tbody></table>`,
        `<div style="display: flex; flex-wrap: wrap; gap: 8px">${firstImages(set).join("")}</div></div>`,
      ].join("\n"),
    };
  },
};

function describe({ form: { rows, columns, classes } }: Dataset): string {
  return `${rows} × ${columns} pixels, as [${rows * columns}] from 0 to 1; labels 0 to ${classes - 1}`;
}

/** Each label, and the number of its images. */
function countLabels({ labels, form: { classes } }: Dataset): [label: string, count: string][] {
  const counts = new Array<number>(Math.max(classes, 256)).fill(0);
  for (const label of labels) counts[label]++;
  const shown = counts
    .slice(0, Math.min(classes, MAX_LABELS))
    .map((count, label): [string, string] => [`${label}`, `${count}`]);
  return classes > MAX_LABELS ? [...shown, ["…", "…"]] : shown;
}

/** The first images with their labels, each as HTML; of large images every second or third pixel. */
function firstImages({ pixels, labels, count, form: { rows, columns } }: Dataset): string[] {
  const step = Math.max(Math.ceil(Math.max(rows, columns) / MAX_SIDE), 1);
  const [height, width] = [Math.ceil(rows / step), Math.ceil(columns / step)];
  return Array.from({ length: Math.min(count, MAX_IMAGES) }, (_, i) => {
    const picture = new Uint8Array(height * width);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) picture[y * width + x] = pixels[(i * rows + y * step) * columns + x * step];
    }
    const data = png(picture, width, height).toString("base64");
    return (
      `<div style="text-align: center"><img src="data:image/png;base64,${data}" alt="image ${i}, labelled ${labels[i]}" ` +
      `width="${2 * width}" height="${2 * height}" style="image-rendering: pixelated"><br>${labels[i]}</div>`
    );
  });
}
