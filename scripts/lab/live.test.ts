// What changes while its cell runs, watched while it does: in `npm run lab`, and in a JupyterLab without our extension.
import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { after, before } from "node:test";
import type { Browser, Page } from "playwright-core";
import { joined, readNotebook } from "../notebook-format.js";
import {
  outputsOfCell,
  command,
  ourLab,
  runCell,
  startBrowser,
  startLab,
  stockLab,
  temporaryFolder,
} from "../testing/lab-for-tests.js";

const TIMEOUT_MS = 240_000;

declare global {
  /** In the browser: what a cell that is watched has shown, and the timer that looks. */
  var seen: unknown[];
  var watching: ReturnType<typeof setInterval> | undefined;
}

interface PlotElement extends HTMLElement {
  calcdata?: { x: number }[][];
}

const cells = {
  prepare: `
import { Network, SGD, Trainer, cellSignal, liveFigure, loadMnist, lossCurves, progress, progressBars, runAll, sweep,
} from "../lib";
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
  // Two may end in one moment.
  runs: `await sweep({ seed: Array.from({ length: 24 }, (_, i) => i + 5) }, ({ seed }) => spec(seed));`,
  endless: `
const stopped = newTrainer(1_000_000);
const stoppedLive = liveFigure(() => curve("stopped", stopped.history.loss));
for (const i of progress(1_000_000, "training")) {
  stopped.step();
  stoppedLive.refresh();
}`,
  next: `\`\${stopped.history.loss.length} losses\``,
};
const at = (name: keyof typeof cells) => Object.keys(cells).indexOf(name);

let browser: Browser;
const temporary = temporaryFolder("live-test");
before(async () => {
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  temporary.remove();
});

/**
 * Runs a cell and reads twenty times a second what it shows meanwhile.
 * @param read  runs in the browser
 * @returns each value that differs from the one before
 */
async function watch<T>(page: Page, index: number, read: (cell: HTMLElement) => T): Promise<Exclude<T, undefined>[]> {
  await page.evaluate(
    ({ index, read }) => {
      const { node: cell, model } = jupyterapp.shell.currentWidget.content.widgets[index];
      model.outputs.clear(); // of an earlier run
      const reader = new Function("cell", `return (${read})(cell)`);
      globalThis.seen = [];
      clearInterval(globalThis.watching);
      globalThis.watching = setInterval(() => {
        const value = reader(cell);
        if (value !== undefined && value !== globalThis.seen.at(-1)) globalThis.seen.push(value);
      }, 50);
    },
    { index, read: String(read) },
  );
  await runCell(page, index);
  await page.waitForTimeout(2000); // a busy browser has the last state on the screen a little later
  return page.evaluate(() => globalThis.seen as Exclude<T, undefined>[]);
}

/**
 * Watches the live figure until a dozen of its states have been seen, and then tells its cell to end.
 * @param read  runs in the browser
 */
async function watchLive(page: Page, read: (cell: HTMLElement) => unknown): Promise<number[]> {
  const flag = join(temporary.folder, "notebooks/seen");
  rmSync(flag, { force: true });
  const watching = watch(page, at("live"), read);
  const isEnough = () => page.evaluate(() => globalThis.seen?.length > 12);
  const enough = (async () => {
    while (!(await isEnough())) await new Promise((resolve) => setTimeout(resolve, 200));
    writeFileSync(flag, "");
  })();
  enough.catch(() => {}); // the page has been closed: the test has failed by then
  return (await watching).map(Number);
}

/** Runs in the browser: up to which iteration the first curve of a cell's figure goes. Of a long one not all are drawn. */
function drawnUpTo(cell: HTMLElement): number | undefined {
  const last = cell.querySelector<PlotElement>(".js-plotly-plot")?.calcdata?.[0]?.at(-1);
  return last && last.x + 1;
}

/** Runs in the browser: how many updates the alt text tells of, which is folded. */
function told(cell: HTMLElement): string | undefined {
  return cell.textContent?.match(/over (\d+) updates/)?.[1];
}

/** Runs in the browser. */
function firstOutput(cell: HTMLElement): string | undefined {
  return cell.querySelector<HTMLElement>(".jp-OutputArea-output")?.innerText;
}

function assertGrowing(counts: number[]): void {
  const text = counts.join(", ");
  assert.ok(counts.length >= 10, `seen while the cell ran: ${text}`);
  assert.ok(
    counts.every((count, i) => i === 0 || count > counts[i - 1]),
    text,
  );
}

/** What a figure shows once nothing comes any more. */
async function settled(page: Page, index: number): Promise<number> {
  const read = () =>
    page.evaluate(
      ({ index, drawnUpTo }) => {
        const { node } = jupyterapp.shell.currentWidget.content.widgets[index];
        return new Function("cell", `return (${drawnUpTo})(cell)`)(node) as number;
      },
      { index, drawnUpTo: String(drawnUpTo) },
    );
  for (let before = -1, still = 0; still < 10; await new Promise((resolve) => setTimeout(resolve, 100))) {
    const now = await read();
    still = now === before ? still + 1 : 0;
    before = now;
  }
  return read();
}

/** Up to which iteration the curve goes in the notebook's file. */
async function savedUpTo(page: Page, name: string, index: number): Promise<number> {
  await command(page, "docmanager:save");
  const { cells } = readNotebook(join(temporary.folder, "notebooks", name));
  const figure = cells[index].outputs?.find(({ metadata }) => metadata?.figure);
  const [trace] = figure?.data?.["application/vnd.plotly.v1+json"]?.data ?? assert.fail(`${name} has no figure`);
  return ((trace.y as unknown[]).length - 1) * ((trace.dx as number | undefined) ?? 1) + 1;
}

test(
  "npm run lab: figures, captions and bars move while their cells run, and end where the saved notebook does",
  { timeout: TIMEOUT_MS },
  async (t) => {
    const path = temporary.write("live.ipynb", Object.values(cells));
    const lab = await startLab(t, browser, temporary.folder, ourLab);
    const { page, complaints } = await lab.open(path);
    await runCell(page, at("prepare"));
    assert.deepEqual(await outputsOfCell(page, at("prepare")), []);

    assertGrowing(await watchLive(page, drawnUpTo));
    const final = await settled(page, at("live"));
    assert.equal(final, await savedUpTo(page, "live.ipynb", at("live")));
    assertGrowing(await watchLive(page, told));

    const bars = await watch(page, at("bar"), firstOutput);
    assertGrowing(bars.map((text) => Number(text?.match(/(\d+) of 500/)?.[1])));
    assert.equal(bars.at(-1), "bar  500 of 500");

    const several = await watch(page, at("bars"), firstOutput);
    assert.ok(several.length >= 10, several.join("\n---\n"));
    assert.equal(several.at(-1), ["a", "b", "c", "d"].map((name) => `${name}  600 of 600`).join("\n"));

    const runs = await watch(page, at("runs"), firstOutput);
    assertGrowing(
      runs.map((text) => Number(text?.match(/(\d+) of 24/)?.[1])).filter((count, i, all) => count !== all[i - 1]),
    );
    assert.equal(runs.at(-1), "runs  24 of 24");
    assert.deepEqual(complaints, []);
  },
);

test(
  "npm run lab: a training that is stopped leaves its figure and its bar where they were, and the next cell runs",
  { timeout: TIMEOUT_MS },
  async (t) => {
    const path = temporary.write("stopped.ipynb", Object.values(cells));
    const lab = await startLab(t, browser, temporary.folder, ourLab);
    const { page, complaints } = await lab.open(path);
    await runCell(page, at("prepare"));
    const running = watch(page, at("endless"), drawnUpTo);
    await page.waitForFunction(() => globalThis.seen?.length > 12, undefined, { timeout: 60_000 });
    await page.locator(".jp-ToolbarButtonComponent[data-command='notebook:interrupt-kernel']").click();
    assertGrowing(await running);

    const outputs = await outputsOfCell(page, at("endless"));
    const [bar] = outputs.map(({ data }) => joined(data?.["text/plain"]));
    const [, done] = bar.match(/^training {2}stopped after (\d+) of 1000000$/) ?? assert.fail(bar);
    assert.ok(
      outputs.some(({ ename }) => ename === "Interrupted"),
      JSON.stringify(outputs.map(({ ename }) => ename)),
    );
    // A step may have been cut off between its update and the end of the iteration.
    const [, iterations] = JSON.stringify(outputs).match(/over (\d+) updates/) ?? assert.fail("no alt text");
    const losses = Number(iterations);
    assert.ok(losses - Number(done) >= 0 && losses - Number(done) <= 1, `${losses} losses, ${done} steps`);
    const drawn = await settled(page, at("endless"));
    assert.ok(drawn <= losses && drawn > losses - losses / 500 - 1, `drawn up to ${drawn} of ${losses}`);
    assert.equal(drawn, await savedUpTo(page, "stopped.ipynb", at("endless")));

    await runCell(page, at("next"));
    const [result] = await outputsOfCell(page, at("next"));
    assert.equal(result?.data?.["text/plain"], `'${losses} losses'`);
    assert.deepEqual(complaints, []);
  },
);

test(
  "JupyterLab without the extension: a figure moves as HTML while its cell runs",
  { timeout: TIMEOUT_MS },
  async (t) => {
    const extensions = join(temporary.folder, "no-extensions");
    mkdirSync(extensions);
    const path = temporary.write("stock.ipynb", Object.values(cells).slice(0, 2));
    const lab = await startLab(t, browser, temporary.folder, stockLab(extensions));
    const { page, complaints } = await lab.open(path);
    await runCell(page, at("prepare"));
    assertGrowing(await watchLive(page, drawnUpTo));
    assert.equal(await settled(page, at("live")), await savedUpTo(page, "stock.ipynb", at("live")));
    assert.deepEqual(complaints, []);
  },
);
