import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after, before } from "node:test";
import { chromium, type Browser } from "playwright-core";
import { launchOptions } from "#setup/chromium.mjs";
import { python } from "#setup/python.mjs";
import type { Cell, FigureMetadata, NotebookContent, Output, Plot } from "../notebook-format.js";
import { drawFigures } from "./draw.js";
import { putImages, readNotebooks, writeNotebooks } from "./notebooks.js";

const folder = mkdtempSync(join(tmpdir(), "notebooks-test-"));
const file = join(folder, "one.ipynb");

let browser: Browser;
before(async () => {
  browser = await chromium.launch(await launchOptions());
});
after(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true });
});

function write(...outputs: Output[]): void {
  const cell: Cell = {
    cell_type: "code",
    id: "a",
    metadata: {},
    execution_count: 1,
    source: ["show(figure);\n", "\n", "1e-7"],
    outputs,
  };
  writeFileSync(file, JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells: [cell] }));
}

/** As `show` leaves a figure. */
function figure({
  id = "6-9",
  number,
  caption = "Loss of *four* rules.",
  alt = "Four falling curves.",
  layout = {},
  ...rest
}: Partial<FigureMetadata & Omit<Plot, "data">> = {}): Output {
  const plot: Plot = {
    data: [{ type: "scatter", y: [1, 1e-7, 0.5] }],
    layout: { width: 300, height: 200, ...layout },
    ...rest,
  };
  return {
    output_type: "display_data",
    metadata: { figure: { id, number, caption, alt } },
    data: { "application/vnd.plotly.v1+json": plot, "text/html": "<script>the library</script>", "text/plain": alt },
  };
}

async function renderOnce() {
  const notebooks = readNotebooks(folder);
  const drawings = await drawFigures(browser, notebooks);
  for (const notebook of notebooks) putImages(notebook, drawings);
  writeNotebooks(notebooks);
  return readFileSync(file, "utf8");
}

test("a figure keeps its Plotly data and gets its image, and what follows it stays", async () => {
  const caption: Output = {
    output_type: "display_data",
    metadata: { caption: "6-9" },
    data: { "text/markdown": "**Figure 6-9.**" },
  };
  write(figure(), caption);
  const { cells } = JSON.parse(await renderOnce()) as NotebookContent;
  const [shown, ...more] = cells[0].outputs ?? [];
  assert.deepEqual(more, [{ ...caption, data: { "text/markdown": ["**Figure 6-9.**"] } }]);
  assert.deepEqual(Object.keys(shown.data ?? {}), ["application/vnd.plotly.v1+json", "image/png", "text/plain"]);
  assert.deepEqual(shown.metadata?.["image/png"], { width: 300, height: 200 });
  const png = Buffer.from(shown.data?.["image/png"] ?? "", "base64");
  assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [600, 400]);
});

test("rendering again changes no byte, and neither does nbformat", async () => {
  write(figure());
  const once = await renderOnce();
  assert.equal(await renderOnce(), once);
  const script = "import nbformat, sys; nbformat.write(nbformat.read(sys.argv[1], 4), sys.argv[1])";
  assert.equal(spawnSync(python, ["-c", script, file]).status, 0);
  assert.equal(readFileSync(file, "utf8"), once);
});

test("what Plotly would pass over in silence is told, with figure and attribute, and nothing is written", async () => {
  write(figure({ layout: { title: "a string" } }), figure({ id: "6-10", layout: { xaxis: { rnage: [0, 1] } } }));
  const before = readFileSync(file, "utf8");
  await assert.rejects(renderOnce(), /one\.ipynb: figure 6-9: .*title[\s\S]*figure 6-10: .*xaxis\.rnage/);
  assert.equal(readFileSync(file, "utf8"), before);
});

test("a frame is validated as what it makes of its traces", async () => {
  write(figure({ frames: [{ name: "1", traces: [0], data: [{ line: { colour: "red" } }] }] }));
  await assert.rejects(renderOnce(), /figure 6-9: .*line\.colour/);
});

test("a slider is no fault", async () => {
  const steps = ["0", "1"].map((name) => ({ label: name, method: "animate", args: [[name], { mode: "immediate" }] }));
  const frames = ["0", "1"].map((name) => ({ name, traces: [0], data: [{ y: [2, 1] }] }));
  write(figure({ layout: { sliders: [{ steps }] }, frames }));
  await renderOnce();
});

test("a figure without alt text, or an id or number used twice, is refused", () => {
  write(figure({ alt: "" }));
  assert.throws(() => readNotebooks(folder), /one\.ipynb: figure 6-9 lacks its id, caption, alt text/);
  write(figure(), figure());
  assert.throws(() => readNotebooks(folder), /figure 6-9 is in .*one\.ipynb and again in .*one\.ipynb/);
  write(figure({ number: "6-9b" }), figure({ id: "6-9-seeds", number: "6-9b" }));
  assert.throws(() => readNotebooks(folder), /figure 6-9b is in .*one\.ipynb and again in .*; give one another number/);
});
