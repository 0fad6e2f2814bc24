// @ts-check
// What changes while its cell runs, watched while it does: in `npm run lab`, and in a JupyterLab without our extension.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { after, before } from "node:test";
import {
  outputsOf,
  command,
  ourLab,
  runCell,
  startBrowser,
  startLab,
  stockLab,
  temporaryFolder,
} from "./lab-for-tests.mjs";

const timeout = 240_000;

const cells = {
  prepare: `
import { Network, SGD, Trainer, cellSignal, liveFigure, loadMnist, lossCurves, progress, progressBars, runAll,
  runsProgress } from "../lib";
import type { RunSpec } from "../lib";
const mnist = loadMnist();
const sets = { train: mnist.train.take(1000).tensors() };
const network = { inputSize: 784, hiddenSizes: [100, 100], outputSize: 10 };
const newTrainer = (iterations: number) =>
  new Trainer(new Network(network, 1), new SGD(0.01), sets, { batchSize: 100, iterations, record: ["loss"], seed: 1 });
const curve = (id: string, loss: (number | null)[]) =>
  lossCurves({ id, caption: "Loss.", curves: [{ name: "SGD", runs: [loss] }], yRange: [0, 2.5] });
const spec = (seed: number): RunSpec => ({
  data: { images: 1000 }, network, optimizer: { name: "SGD", learningRate: 0.01 }, batchSize: 100, iterations: 600,
  record: ["loss"], seed,
});`,
  // At least six seconds, and until the browser, which may be busy, has been seen to follow. Without finish(), as many
  // forget it.
  live: `
import { existsSync } from "node:fs";
const trainer = newTrainer(1_000_000).compile();
const live = liveFigure(() => curve("live", trainer.history.loss));
const began = performance.now();
const seconds = () => (performance.now() - began) / 1000;
while (seconds() < 6 || (seconds() < 90 && !existsSync("seen"))) {
  for (let i = 0; i < 5; i++) trainer.step();
  await new Promise((resolve) => setTimeout(resolve, 5)); // leaves the processor to the browser now and then
  live.refresh();
}`,
  bar: `
const start = performance.now();
for (const i of progress(500, "bar")) while (performance.now() < start + i * 10);`,
  bars: `await runAll([1, 2, 3, 4].map(spec), { onProgress: progressBars(["a", "b", "c", "d"]), signal: cellSignal() });`,
  runs: `await runAll(Array.from({ length: 14 }, (_, i) => spec(i + 5)), runsProgress(14));`,
  endless: `
const stopped = newTrainer(1_000_000);
const stoppedLive = liveFigure(() => curve("stopped", stopped.history.loss));
for (const i of progress(1_000_000, "training")) {
  stopped.step();
  stoppedLive.refresh();
}`,
  next: `\`\${stopped.history.loss.length} losses\``,
};
const at = (/** @type {keyof typeof cells} */ name) => Object.keys(cells).indexOf(name);

/** @type {import("playwright-core").Browser} */
let browser;
const temporary = temporaryFolder("live-test");
before(async () => {
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  temporary.remove();
});

/**
 * Runs a cell and reads ten times a second what it shows meanwhile.
 * @template T
 * @param {import("playwright-core").Page} page
 * @param {number} index
 * @param {(cell: HTMLElement) => T} read  runs in the browser
 * @returns {Promise<T[]>}  each value that was another one than the one before
 */
async function watch(page, index, read) {
  await page.evaluate(
    ({ index, read }) => {
      const window = /** @type {any} */ (globalThis);
      const { node: cell, model } = window.jupyterapp.shell.currentWidget.content.widgets[index];
      model.outputs.clear(); // of an earlier run
      const reader = new Function("cell", `return (${read})(cell)`);
      window.seen = [];
      clearInterval(window.watching);
      window.watching = setInterval(() => {
        const value = reader(cell);
        if (value !== undefined && value !== window.seen.at(-1)) window.seen.push(value);
      }, 50);
    },
    { index, read: String(read) },
  );
  await runCell(page, index);
  await page.waitForTimeout(2000); // a busy browser has the last state on the screen a little later
  return page.evaluate(() => /** @type {any} */ (globalThis).seen);
}

/**
 * Watches the live figure until a dozen of its states have been seen, and then tells its cell to end.
 * @param {import("playwright-core").Page} page
 * @param {(cell: HTMLElement) => unknown} read  runs in the browser
 * @returns {Promise<number[]>}
 */
async function watchLive(page, read) {
  const flag = join(temporary.folder, "notebooks/seen");
  rmSync(flag, { force: true });
  const watching = watch(page, at("live"), read);
  const isEnough = () => page.evaluate(() => /** @type {any} */ (globalThis).seen?.length > 12);
  const enough = (async () => {
    while (!(await isEnough())) await new Promise((resolve) => setTimeout(resolve, 200));
    writeFileSync(flag, "");
  })();
  enough.catch(() => {}); // the page has been closed: the test has failed by then
  return (await watching).map(Number);
}

/** Runs in the browser: how many points the first curve of a cell's figure has. @param {HTMLElement} cell */
function points(cell) {
  return /** @type {any} */ (cell.querySelector(".js-plotly-plot"))?.calcdata?.[0]?.length;
}

/** Runs in the browser. @param {HTMLElement} cell */
function caption(cell) {
  return cell.innerText.match(/over (\d+) iterations/)?.[1];
}

/** Runs in the browser. @param {HTMLElement} cell */
function firstOutput(cell) {
  return /** @type {HTMLElement | null} */ (cell.querySelector(".jp-OutputArea-output"))?.innerText;
}

/** @param {number[]} counts */
function assertGrowing(counts) {
  const text = counts.join(", ");
  assert.ok(counts.length >= 10, `seen while the cell ran: ${text}`);
  assert.ok(
    counts.every((count, i) => i === 0 || count > counts[i - 1]),
    text,
  );
}

/** What a figure shows once nothing comes any more. @param {import("playwright-core").Page} page @param {number} index */
async function settledPoints(page, index) {
  const read = () =>
    page.evaluate(
      ({ index, points }) => {
        const { node } = /** @type {any} */ (globalThis).jupyterapp.shell.currentWidget.content.widgets[index];
        return new Function("cell", `return (${points})(cell)`)(node);
      },
      { index, points: String(points) },
    );
  for (let before = -1, still = 0; still < 10; await new Promise((resolve) => setTimeout(resolve, 100))) {
    const now = await read();
    still = now === before ? still + 1 : 0;
    before = now;
  }
  return read();
}

/** The number of points in the notebook's file. @param {import("playwright-core").Page} page @param {string} name @param {number} index */
async function savedPoints(page, name, index) {
  await command(page, "docmanager:save");
  const { cells } = JSON.parse(readFileSync(join(temporary.folder, "notebooks", name), "utf8"));
  const figure = cells[index].outputs.find((/** @type {any} */ output) => output.metadata.figure);
  return figure.data["application/vnd.plotly.v1+json"].data[0].y.length;
}

test(
  "npm run lab: figures, captions and bars move while their cells run, and end where the saved notebook does",
  { timeout },
  async (t) => {
    const path = temporary.write("live.ipynb", Object.values(cells));
    const lab = await startLab(t, browser, temporary.folder, ourLab);
    const { page, complaints } = await lab.open(path);
    await runCell(page, at("prepare"));
    assert.deepEqual(await outputsOf(page, at("prepare")), []);

    assertGrowing(await watchLive(page, points));
    const final = await settledPoints(page, at("live"));
    assert.equal(final, await savedPoints(page, "live.ipynb", at("live")));
    assertGrowing(await watchLive(page, caption));

    const bars = await watch(page, at("bar"), firstOutput);
    assertGrowing(bars.map((text) => Number(text?.match(/(\d+) of 500/)?.[1])));
    assert.equal(bars.at(-1), "bar  500 of 500");

    const several = await watch(page, at("bars"), firstOutput);
    assert.ok(several.length >= 10, several.join("\n---\n"));
    assert.equal(several.at(-1), ["a", "b", "c", "d"].map((name) => `${name}  600 of 600`).join("\n"));

    const runs = await watch(page, at("runs"), firstOutput);
    assertGrowing(
      runs.map((text) => Number(text?.match(/(\d+) of 14/)?.[1])).filter((count, i, all) => count !== all[i - 1]),
    );
    assert.equal(runs.at(-1), "runs  14 of 14");
    assert.deepEqual(complaints, []);
  },
);

test(
  "npm run lab: a training that is stopped leaves its figure and its bar where they were, and the next cell runs",
  { timeout },
  async (t) => {
    const path = temporary.write("stopped.ipynb", Object.values(cells));
    const lab = await startLab(t, browser, temporary.folder, ourLab);
    const { page, complaints } = await lab.open(path);
    await runCell(page, at("prepare"));
    const running = watch(page, at("endless"), points);
    await page.waitForFunction(() => /** @type {any} */ (globalThis).seen?.length > 12, undefined, { timeout: 60_000 });
    await page.locator(".jp-ToolbarButtonComponent[data-command='notebook:interrupt-kernel']").click();
    assertGrowing(await running);

    const outputs = await outputsOf(page, at("endless"));
    const [bar] = outputs.map(({ data }) => data?.["text/plain"]);
    const [, done] = bar.match(/^training {2}stopped after (\d+) of 1000000$/) ?? assert.fail(bar);
    assert.ok(
      outputs.some(({ ename }) => ename === "Interrupted"),
      JSON.stringify(outputs.map(({ ename }) => ename)),
    );
    // A step may have been torn away between its update and the end of the loop's turn.
    const drawn = await settledPoints(page, at("endless"));
    assert.ok(drawn - Number(done) >= 0 && drawn - Number(done) <= 1, `${drawn} points, ${done} steps`);
    assert.equal(drawn, await savedPoints(page, "stopped.ipynb", at("endless")));

    await runCell(page, at("next"));
    const [result] = await outputsOf(page, at("next"));
    assert.equal(result?.data?.["text/plain"], `'${drawn} losses'`);
    assert.deepEqual(complaints, []);
  },
);

test("JupyterLab without the extension: a figure moves as HTML while its cell runs", { timeout }, async (t) => {
  const extensions = join(temporary.folder, "no-extensions");
  mkdirSync(extensions);
  const path = temporary.write("stock.ipynb", Object.values(cells).slice(0, 2));
  const lab = await startLab(t, browser, temporary.folder, stockLab(extensions));
  const { page, complaints } = await lab.open(path);
  await runCell(page, at("prepare"));
  assertGrowing(await watchLive(page, points));
  assert.equal(await settledPoints(page, at("live")), await savedPoints(page, "stock.ipynb", at("live")));
  assert.deepEqual(complaints, []);
});
