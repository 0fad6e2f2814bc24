// @ts-check
// Notebook 6.1 in real JupyterLab: run, opened again untrusted, and in a JupyterLab that knows nothing of Plotly. And what
// stock nbconvert makes of it.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { after, before } from "node:test";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { jupyterEnvironment } from "../jupyter.mjs";
import { launchOptions } from "../setup/chromium.mjs";
import { root, venv } from "../setup/clone.mjs";

const name = "6.1-parameter-updates.ipynb";
const committed = JSON.parse(readFileSync(join(join(root, "notebooks"), name), "utf8"));
const figures = committed.cells
  .flatMap((/** @type {any} */ cell) => cell.outputs ?? [])
  .filter((/** @type {any} */ output) => output.metadata?.figure).length;

// Inside the clone, where `npm run lab` has its root.
const folder = ".cache/lab-test";
const temporary = join(root, folder);
/** Remembers which notebooks were run here, and so are trusted. */
const signatures = join(temporary, "signatures.db");

/** @type {import("playwright-core").Browser} */
let browser;
before(async () => {
  rmSync(temporary, { recursive: true, force: true });
  const cleared = committed.cells.map((/** @type {any} */ cell) => (cell.outputs ? { ...cell, outputs: [], execution_count: null } : cell));
  for (const [kind, cells] of Object.entries({ committed: committed.cells, run: cleared })) {
    mkdirSync(join(temporary, kind), { recursive: true });
    writeFileSync(join(temporary, kind, name), JSON.stringify({ ...committed, cells }));
  }
  symlinkSync(join(root, "lib"), join(temporary, "lib"));
  browser = await chromium.launch(await launchOptions());
});
after(async () => {
  await browser?.close();
  rmSync(temporary, { recursive: true, force: true });
});

const live = ".js-plotly-plot .main-svg";

const timeout = 300_000; // a minute and a half on two quiet cores; a hang shall end

test("npm run lab: the cells of 6.1 run, and every figure is live", { timeout }, async (t) => {
  const open = await startLab(t, [process.execPath, join(root, "scripts/lab.mjs")], { signatures });
  const page = await open(`run/${name}`);
  await command(page, "notebook:run-all-cells");
  assert.deepEqual(await page.evaluate(failedOutputs), []);
  assert.deepEqual(await page.evaluate(figuresWithout, ".jp-RenderedPlotly .main-svg"), { figures, without: [] });
  await command(page, "docmanager:save");
});

test("npm run lab, untrusted: the figures are there all the same", { timeout }, async (t) => {
  const open = await startLab(t, [process.execPath, join(root, "scripts/lab.mjs")], { signatures: ":memory:" });
  const run = await open(`run/${name}`);
  assert.equal(await run.evaluate(isTrusted), false);
  // The extension has put an image beside what it drew, and shows that until the pointer comes.
  assert.deepEqual(await run.evaluate(figuresWithout, `img, ${live}`), { figures, without: [] });
  const rendered = await open(`committed/${name}`);
  assert.equal(await rendered.evaluate(isTrusted), false);
  assert.deepEqual(await rendered.evaluate(figuresWithout, "img"), { figures, without: [] });
  const widths = await rendered.locator(".plot-img").evaluateAll((images) => images.map(({ clientWidth }) => clientWidth));
  assert.ok(Math.max(...widths) <= 760, `an image is ${Math.max(...widths)} pixels wide`);
});

test("JupyterLab without the plotly extension: live where the notebook was run, images elsewhere", { timeout }, async (t) => {
  const extensions = join(temporary, "no-extensions");
  mkdirSync(extensions);
  const stock = [join(venv, "bin/jupyter-lab"), "--allow-root", `--ServerApp.root_dir=${root}`, `--LabApp.labextensions_path=${extensions}`];
  const open = await startLab(t, stock, { signatures });
  const run = await open(`run/${name}`);
  assert.equal(await run.locator(".jp-RenderedPlotly").count(), 0);
  assert.deepEqual(await run.evaluate(figuresWithout, `.jp-RenderedHTML ${live}`), { figures, without: [] });
  const rendered = await open(`committed/${name}`);
  assert.deepEqual(await rendered.evaluate(figuresWithout, ".jp-RenderedImage img"), { figures, without: [] });
});

test("stock nbconvert --to html: live from the notebook just run, images from the committed one", { timeout }, async () => {
  for (const [kind, selector] of Object.entries({ run: live, committed: ".jp-RenderedImage img" })) {
    const { status, stderr } = spawnSync(join(venv, "bin/jupyter-nbconvert"), ["--to", "html", join(temporary, kind, name)], {
      env: jupyterEnvironment,
      encoding: "utf8",
    });
    assert.equal(status, 0, stderr);
    const page = await browser.newPage();
    await page.route(/^https:/, (route) => route.abort()); // nbconvert's own page asks a CDN for MathJax
    await page.goto(pathToFileURL(join(temporary, kind, name.replace(".ipynb", ".html"))).href, { waitUntil: "domcontentloaded" });
    await page.waitForFunction(({ selector, figures }) => document.querySelectorAll(selector).length >= figures, { selector, figures });
    await page.close();
  }
});

/**
 * Starts a JupyterLab that remembers nothing else, and ends it with the test.
 * @param {import("node:test").TestContext} t
 * @param {string[]} command
 * @param {{ signatures: string } & Record<string, string>} settings  where it keeps the signatures; the rest is environment
 */
async function startLab(t, [command, ...args], { signatures, ...environment }) {
  const lab = spawn(
    command,
    [
      ...args, "--no-browser", "--port=0", "--IdentityProvider.token=test", "--ContentsManager.allow_hidden=True",
      "--LabApp.expose_app_in_browser=True", `--NotebookNotary.db_file=${signatures}`,
    ],
    {
      cwd: root,
      stdio: ["ignore", "ignore", "pipe"],
      env: {
        ...jupyterEnvironment,
        QUICK: "1", // it is the figures that are looked at here; a tenth of the training draws them all
        JUPYTERLAB_SETTINGS_DIR: join(temporary, "settings"),
        JUPYTERLAB_WORKSPACES_DIR: join(temporary, "workspaces"),
        ...environment,
      },
    },
  );
  t.after(async () => {
    if (lab.exitCode === null && lab.kill("SIGTERM")) await new Promise((resolve) => lab.once("exit", resolve));
  });
  const url = await new Promise((resolve, reject) => {
    let log = "";
    lab.stderr.on("data", (text) => {
      log += text;
      const [url] = log.match(/http:\/\/127\.0\.0\.1:\d+\//) ?? [];
      if (url) resolve(url);
    });
    lab.on("exit", () => reject(new Error(`JupyterLab ended:\n${log}`)));
  });

  /** Opens a notebook and waits for its kernel. @param {string} path */
  return async (path) => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    t.after(() => page.close());
    page.on("request", (request) => assert.match(request.url(), /^(http|ws):\/\/127\.0\.0\.1|^(data|blob):/));
    await page.goto(`${url}lab/tree/${folder}/${path}?token=test&reset`);
    await page.waitForFunction(
      () => /** @type {any} */ (globalThis).jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === "idle",
      undefined,
      { timeout: 60_000 },
    );
    return page;
  };
}

/** @param {import("playwright-core").Page} page @param {string} id */
function command(page, id) {
  return page.evaluate((id) => /** @type {any} */ (globalThis).jupyterapp.commands.execute(id), id);
}

/** Runs in the browser. */
function isTrusted() {
  const { model } = /** @type {any} */ (globalThis).jupyterapp.shell.currentWidget.content;
  return [...model.cells].some((cell) => cell.type === "code" && cell.trusted && cell.outputs.length > 0);
}

/** Runs in the browser. @returns {string[]} */
function failedOutputs() {
  const { model } = /** @type {any} */ (globalThis).jupyterapp.shell.currentWidget.content;
  const outputs = [...model.cells].filter(({ type }) => type === "code").flatMap((cell) => cell.outputs.toJSON());
  return outputs.filter((output) => output.output_type === "error").map(({ ename, evalue }) => `${ename}: ${evalue}`);
}

/**
 * Runs in the browser: goes through the notebook's figures, and tells which do not show what they should.
 * @param {string} selector
 */
async function figuresWithout(selector) {
  const notebook = /** @type {any} */ (globalThis).jupyterapp.shell.currentWidget.content;
  let figures = 0;
  const without = [];
  for (const [index, cell] of notebook.widgets.entries()) {
    if (cell.model.type !== "code") continue;
    const ids = cell.model.outputs.toJSON().map((/** @type {any} */ output) => output.metadata?.figure?.id).filter(Boolean);
    if (ids.length === 0) continue;
    figures += ids.length;
    const shown = () => {
      const found = [...cell.node.querySelectorAll(selector)].filter((element) => element.getBoundingClientRect().height > 100);
      // A plot with a legend or in 3D has several layers, but each figure its own output.
      return new Set(found.map((element) => element.closest(".jp-OutputArea-child"))).size;
    };
    await notebook.scrollToItem(index, "center");
    for (let waited = 0; shown() < ids.length && waited < 15_000; waited += 100) await new Promise((resolve) => setTimeout(resolve, 100));
    if (shown() < ids.length) without.push(ids.join(", "));
  }
  return { figures, without };
}
