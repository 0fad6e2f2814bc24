// The notebooks in real JupyterLab: run from emptied outputs, opened again untrusted, in light and dark, and in a
// JupyterLab that knows nothing of Plotly. And what stock nbconvert makes of them. To run all five takes minutes, so
// only the first is run, unless LAB_NOTEBOOKS=all asks for the others.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { after, before } from "node:test";
import { pathToFileURL } from "node:url";
import type { Browser } from "playwright-core";
import { root, venv } from "#setup/clone.mjs";
import { jupyterEnvironment } from "../jupyter.js";
import { outputsOf, readNotebook } from "../notebook-format.js";
import {
  command,
  failedOutputs,
  figuresWithout,
  ourLab,
  startBrowser,
  startLab,
  stockLab,
  temporaryFolder,
  useTheme,
} from "../testing/lab-for-tests.js";

const notebooks = readdirSync(join(root, "notebooks"))
  .filter((name) => name.endsWith(".ipynb"))
  .map((name) => {
    const content = readNotebook(join(root, "notebooks", name));
    return { name, content, figures: outputsOf(content).filter(({ metadata }) => metadata?.figure).length };
  });
const [first] = notebooks;

const temporary = temporaryFolder("lab-test");
/** Remembers which notebooks were run here, and so are trusted. */
const signatures = join(temporary.folder, "signatures.db");
// It is the figures that are looked at here; a tenth of the training draws them all.
const environment = { QUICK: "1" };

let browser: Browser;
before(async () => {
  for (const { name, content } of notebooks) {
    temporary.write(name, content.cells);
    mkdirSync(join(temporary.folder, "committed"), { recursive: true });
    writeFileSync(join(temporary.folder, "committed", name), JSON.stringify(content));
  }
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  temporary.remove();
});

const run = (name: string) => `${temporary.path}/notebooks/${name}`;
const committed = (name: string) => `${temporary.path}/committed/${name}`;

const drawn = ".js-plotly-plot .main-svg";
/** Drawn by our extension. */
const ours = `.jp-RenderedPlotly ${drawn}`;

const TIMEOUT_MS = 300_000; // so that a hang ends

for (const { name, figures } of process.env.LAB_NOTEBOOKS === "all" ? notebooks : [first])
  test(
    `npm run lab: the cells of ${name} run from emptied outputs, and every figure is drawn`,
    { timeout: TIMEOUT_MS },
    async (t) => {
      const lab = await startLab(t, browser, temporary.folder, ourLab, { signatures, environment });
      const { page, complaints } = await lab.open(run(name));
      await command(page, "notebook:run-all-cells");
      assert.deepEqual(await page.evaluate(failedOutputs), []);
      assert.deepEqual(await page.evaluate(figuresWithout, ours), { figures, without: [] });
      await command(page, "docmanager:save");
      assert.deepEqual(complaints, []);
    },
  );

test(
  "npm run lab: figures follow the theme, without white boxes, on a busy page too",
  { timeout: TIMEOUT_MS },
  async (t) => {
    const lab = await startLab(t, browser, temporary.folder, ourLab);
    const { page } = await lab.open(committed(first.name), tellLate);
    await page.evaluate(figuresWithout, ours);
    for (const theme of ["Dark", "Light"] as const) {
      await page.evaluate(scrollAwayAndBack);
      await useTheme(page, theme);
      const text = theme === "Dark" ? "rgb(223, 228, 234)" : "rgb(36, 41, 47)";
      await page.waitForFunction(isThemed, text, { timeout: 30_000 }).catch(async (error) => {
        throw new Error(`${theme}: ${JSON.stringify(await page.evaluate(coloursInView))}`, { cause: error });
      });
    }
  },
);

test("npm run lab, untrusted: the figures are drawn all the same", { timeout: TIMEOUT_MS }, async (t) => {
  const lab = await startLab(t, browser, temporary.folder, ourLab);
  for (const path of [run(first.name), committed(first.name)]) {
    const { page } = await lab.open(path);
    assert.equal(await page.evaluate(isTrusted), false);
    assert.deepEqual(await page.evaluate(figuresWithout, ours), { figures: first.figures, without: [] });
  }
});

test(
  "npm run lab: an address without a path opens a page that says where to begin",
  { timeout: TIMEOUT_MS },
  async (t) => {
    const lab = await startLab(t, browser, temporary.folder, ourLab);
    for (const path of ["?token=test", "lab?token=test&reset"]) {
      const { page } = await lab.goTo(path);
      const title = page.locator(".jp-MarkdownViewer h1", { hasText: "Training Techniques" });
      await title.waitFor({ timeout: 60_000 });
    }
    // Names a reader sees whole, and no other language's kernel.
    const { page } = await lab.goTo("lab/tree/notebooks/README.md?token=test&reset");
    for (const { name } of notebooks) {
      const item = page.locator(".jp-DirListing-itemText", { hasText: name });
      await item.waitFor({ timeout: 60_000 });
      const { scrollWidth, clientWidth } = await item.evaluate(({ scrollWidth, clientWidth }) => ({
        scrollWidth,
        clientWidth,
      }));
      assert.ok(scrollWidth <= clientWidth, `${name} is cut off`);
    }
    await command(page, "launcher:create");
    const cards = page.locator(".jp-LauncherCard[data-category='Notebook']");
    await cards.first().waitFor();
    assert.deepEqual(await cards.allInnerTexts().then((texts) => texts.map((text) => text.trim().split("\n").at(-1))), [
      "TypeScript",
    ]);
  },
);

test(
  "JupyterLab without the extension: live where the notebook was run, images elsewhere",
  { timeout: TIMEOUT_MS },
  async (t) => {
    const extensions = join(temporary.folder, "no-extensions");
    mkdirSync(extensions);
    const lab = await startLab(t, browser, temporary.folder, stockLab(extensions), { signatures });
    const { page: live } = await lab.open(run(first.name));
    assert.equal(await live.locator(".jp-RenderedPlotly").count(), 0);
    assert.deepEqual(await live.evaluate(figuresWithout, `.jp-RenderedHTML ${drawn}`), {
      figures: first.figures,
      without: [],
    });
    const { page: still } = await lab.open(committed(first.name));
    assert.deepEqual(await still.evaluate(figuresWithout, ".jp-RenderedImage img"), {
      figures: first.figures,
      without: [],
    });
  },
);

test(
  "stock nbconvert --to html: live from the notebook just run, images from the committed one",
  { timeout: TIMEOUT_MS },
  async () => {
    for (const [kind, selector] of Object.entries({ notebooks: drawn, committed: ".jp-RenderedImage img" })) {
      const file = join(temporary.folder, kind, first.name);
      const { status, stderr } = spawnSync(join(venv, "bin/jupyter-nbconvert"), ["--to", "html", file], {
        env: jupyterEnvironment,
        encoding: "utf8",
      });
      assert.equal(status, 0, stderr);
      const page = await browser.newPage();
      await page.route(/^https:/, (route) => route.abort()); // nbconvert's own page asks a CDN for MathJax
      await page.goto(pathToFileURL(file.replace(".ipynb", ".html")).href, { waitUntil: "domcontentloaded" });
      await page.waitForFunction(({ selector, figures }) => document.querySelectorAll(selector).length >= figures, {
        selector,
        figures: first.figures,
      });
      await page.close();
    }
  },
);

/**
 * Runs in the browser, before all else: what comes into view and goes is told late and several at once, as on a busy
 * page.
 */
function tellLate(): void {
  const Observer = globalThis.IntersectionObserver;
  globalThis.IntersectionObserver = class extends Observer {
    constructor(callback: IntersectionObserverCallback, options?: IntersectionObserverInit) {
      const late: IntersectionObserverEntry[] = [];
      const tell = () => callback(late.splice(0), this);
      super((entries) => late.push(...entries) === entries.length && setTimeout(tell, 200), options);
    }
  };
}

/** Runs in the browser: scrolls away from the figures in view and back again. */
async function scrollAwayAndBack(): Promise<void> {
  const pane = document.querySelector(".jp-WindowedPanel-outer")!;
  const here = pane.scrollTop;
  for (const place of [here - 3000, here]) {
    pane.scrollTop = place;
    for (let frames = 0; frames < 2; frames++) await new Promise(requestAnimationFrame);
  }
  await new Promise((resolve) => setTimeout(resolve, 500));
}

/** Runs in the browser: whether all figures in view have labels of this colour, and no paper of their own. */
function isThemed(text: string): boolean {
  const plots = [...document.querySelectorAll(".jp-RenderedPlotly .js-plotly-plot")];
  const inView = plots.filter((plot) => {
    const { top, bottom } = plot.getBoundingClientRect();
    const middle = (top + bottom) / 2; // an edge may be behind the toolbar
    return middle > 0 && middle < innerHeight;
  });
  // What is above may have grown, as formulas are set late.
  if (inView.length === 0) plots.at(-1)?.scrollIntoView({ block: "center" });
  const style = (plot: Element, selector: string) =>
    [...plot.querySelectorAll(selector)].map((element) => getComputedStyle(element));
  return (
    inView.length > 0 &&
    inView.every(
      (plot) =>
        style(plot, ".main-svg, .bg, .modebar-group").every(
          ({ backgroundColor }) => backgroundColor === "rgba(0, 0, 0, 0)",
        ) &&
        style(plot, ".xtick text, .gtitle").every(({ fill }) => fill === text) &&
        style(plot, ".xtick text, .gtitle").length > 0 &&
        style(plot, ".modebar-group").length > 0,
    )
  );
}

/** Runs in the browser: of each figure, where it is and what colours it has. */
function coloursInView() {
  return [...document.querySelectorAll(".jp-RenderedPlotly")].map((output) => {
    const { top, bottom } = output.getBoundingClientRect();
    const elements = [...output.querySelectorAll(".main-svg, .bg, .modebar-group, .xtick text, .gtitle")];
    const colours = elements.map((element) => {
      const { fill, backgroundColor } = getComputedStyle(element);
      return `${element.classList} ${fill} ${backgroundColor}`;
    });
    return { top, bottom, colours: [...new Set(colours)] };
  });
}

/** Runs in the browser. */
function isTrusted(): boolean {
  const { model } = jupyterapp.shell.currentWidget.content;
  return [...model.cells].some((cell) => cell.type === "code" && cell.trusted && cell.outputs.length > 0);
}
