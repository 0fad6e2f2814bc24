// A notebook with more figures than a page can hold WebGL contexts, scrolled through in `npm run lab`.
import assert from "node:assert/strict";
import test from "node:test";
import { outputsOfCell, ourLab, runCell, startBrowser, startLab, temporaryFolder } from "../testing/lab-for-tests.js";

const MAX_CONTEXTS = 16; // per page in Chromium
const FIGURES = MAX_CONTEXTS + 1; // in 3D, each with a context

test(
  "seventeen figures in 3D are drawn as they come into view; no WebGL context is lost",
  { timeout: 600_000 },
  async (t) => {
    const temporary = temporaryFolder("many-figures-test");
    const browser = await startBrowser();
    t.after(async () => {
      await browser.close();
      temporary.remove();
    });
    const cells = Array.from({ length: FIGURES }, (_, i) => `show({ ...bowlSurface(), id: "many-${i}" });`);
    const path = temporary.write("many.ipynb", ['import { bowlSurface, show } from "../lib";', ...cells]);
    const lab = await startLab(t, browser, temporary.folder, ourLab);
    const { page, complaints } = await lab.open(path);
    const warnings: string[] = [];
    page.on("console", (message) => /WebGL|context/i.test(message.text()) && warnings.push(message.text()));
    for (let cell = 0; cell <= FIGURES; cell++) await runCell(page, cell);
    assert.equal((await outputsOfCell(page, FIGURES)).length, 2);

    const session = await page.context().newCDPSession(page);
    const heap = async () => {
      await session.send("HeapProfiler.collectGarbage");
      return (await session.send("Runtime.getHeapUsage")).usedSize / 1e6;
    };
    const before = await heap();
    const seen = await page.evaluate(scrollThrough);
    const after = await heap();
    t.diagnostic(
      `JavaScript's heap: ${before.toFixed(0)} MB before, ${after.toFixed(0)} MB after; at most ${seen.contexts} contexts at once`,
    );
    assert.deepEqual(seen.missing, []);
    assert.equal(seen.lost, 0);
    assert.ok(seen.contexts > 0 && seen.contexts < MAX_CONTEXTS, `${seen.contexts} contexts`);
    assert.deepEqual([...warnings, ...complaints], []);
  },
);

/** Runs in the browser: goes down through all cells and back to the first, and looks at what is drawn on the way. */
async function scrollThrough() {
  const notebook = jupyterapp.shell.currentWidget.content;
  const down = [...notebook.widgets.keys()].slice(1);
  const seen = { missing: [] as number[], lost: 0, contexts: 0 };
  for (const index of [...down, 1]) {
    await notebook.scrollToItem(index, "center");
    const { node } = notebook.widgets[index];
    const isDrawn = () => node.querySelector(".gl-container canvas");
    for (let waited = 0; !isDrawn() && waited < 20_000; waited += 50)
      await new Promise((resolve) => setTimeout(resolve, 50));
    if (!isDrawn()) seen.missing.push(index);
    const canvases = [...document.querySelectorAll<HTMLCanvasElement>(".gl-container canvas")];
    const contexts = canvases.map((canvas) => canvas.getContext("webgl"));
    seen.contexts = Math.max(seen.contexts, contexts.length);
    seen.lost += contexts.filter((context) => !context || context.isContextLost()).length;
  }
  return seen;
}
