// @ts-check
// The kernel in JupyterLab, as its reader has it: in a browser.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { chromium } from "playwright-core";
import { writeNotebook } from "../execute/notebook-for-tests.mjs";
import { jupyterEnvironment } from "../jupyter.mjs";
import { launchOptions } from "../setup/chromium.mjs";
import { root, venv } from "../setup/clone.mjs";

const TIMEOUT = 60_000; // ms, for one thing to come; a busy machine needs some of it

const cells = [
  'import { show } from "../lib/dist/notebook";\nconst learningRate = 0.1, Grade = 1;\nlearningRate * 2',
  "while (true);",
  "learningRate + 1",
  'show({ id: "t", caption: "A <caption>", alt: "three points", layout: { height: 200 },\n' +
    '  data: [{ type: "scatter", x: [1, 2, 3], y: [1, 4, 9] }] })',
  "learni",
  "G",
];

/** @type {string} */ let folder;
/** @type {import("node:child_process").ChildProcess} */ let lab;
/** @type {import("playwright-core").Browser} */ let browser;
/** @type {import("playwright-core").Page} */ let page;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "lab-"));
  // A clone with one notebook.
  for (const name of ["lib", "node_modules"]) symlinkSync(join(root, name), join(folder, name));
  mkdirSync(join(folder, "notebooks"));
  writeNotebook(join(folder, "notebooks/test.ipynb"), cells);
  lab = spawn(
    join(venv, "bin/jupyter-lab"),
    [
      "--no-browser",
      "--allow-root",
      "--ServerApp.port=0",
      `--ServerApp.root_dir=${folder}`,
      "--IdentityProvider.token=test",
      "--LabApp.labextensions_path=[]", // without the extension that knows Plotly: figures must be drawn all the same
    ],
    { cwd: folder, stdio: "ignore", env: { ...jupyterEnvironment, ...ownFolders(folder) } },
  );
  const url = await serverUrl(join(folder, "runtime"));
  browser = await chromium.launch(await launchOptions());
  page = await browser.newPage({ viewport: { width: 1200, height: 1600 } });
  page.setDefaultTimeout(TIMEOUT);
  await page.goto(`${url}lab/tree/notebooks/test.ipynb?token=test`);
  await page.waitForSelector(".jp-Notebook .jp-Cell");
  await page.locator("#jp-main-statusbar", { hasText: "TypeScript | Idle" }).waitFor();
});

after(async () => {
  await browser?.close();
  if (lab && lab.exitCode === null) {
    lab.kill("SIGTERM");
    await new Promise((resolve) => lab.once("exit", resolve));
  }
  rmSync(folder, { recursive: true, force: true });
});

/** @param {string} folder */
function ownFolders(folder) {
  return {
    JUPYTER_RUNTIME_DIR: join(folder, "runtime"),
    JUPYTER_CONFIG_DIR: join(folder, "config"),
    JUPYTER_DATA_DIR: join(folder, "data"),
  };
}

/** @param {string} runtime */
async function serverUrl(runtime) {
  for (const end = Date.now() + TIMEOUT; Date.now() < end; await wait(200)) {
    try {
      const file = readdirSync(runtime).find((name) => /^jpserver-\d+\.json$/.test(name));
      if (file) return JSON.parse(readFileSync(join(runtime, file), "utf8")).url;
    } catch {
      // not yet written
    }
  }
  throw new Error("JupyterLab did not start");
}

/** @param {number} i */
const cell = (i) => page.locator(".jp-Notebook .jp-Cell").nth(i);

/** Runs a cell with Control+Enter; again, if JupyterLab, busy with its start, has forgotten it.  @param {number} i */
async function run(i) {
  const prompt = () => cell(i).locator(".jp-InputPrompt").innerText();
  const before = await prompt();
  for (const end = Date.now() + TIMEOUT; Date.now() < end;) {
    await cell(i).locator(".jp-InputArea-editor").click();
    await page.keyboard.press("Control+Enter");
    await wait(1000);
    if ((await prompt()) !== before) return;
  }
}

/** Waits for an output.  @param {number} i @param {string} text */
async function shows(i, text) {
  try {
    await cell(i).locator(".jp-OutputArea", { hasText: text }).waitFor();
  } catch {
    assert.fail(`${text} did not come; the cell shows:\n${await cell(i).innerText()}`);
  }
}

/** @param {number} i @param {string} count */
const prompts = (i, count) =>
  cell(i)
    .locator(".jp-InputPrompt", { hasText: `[${count}]:` })
    .waitFor();

test("runs a cell, counts it, and shows its value", async () => {
  await run(0);
  await shows(0, "0.2");
  await prompts(0, "1");
});

test("interrupts an endless loop; later cells run", async () => {
  await run(1);
  await prompts(1, "*");
  await page.keyboard.press("Escape");
  await page.keyboard.press("i");
  await page.keyboard.press("i");
  await shows(1, "Interrupted");
  await run(2);
  await shows(2, "1.1");
});

test("draws a figure without Plotly's own extension, with its caption and alt text", async () => {
  await run(3);
  await cell(3).locator("figure .main-svg").first().waitFor();
  await shows(3, "Figure t. A <caption>");
  await shows(3, "What it shows: three points");
  assert.equal(await cell(3).getByRole("img", { name: "three points" }).count(), 1);
  // Run again, the cell brings plotly.js again, so that the saved notebook has it.
  await run(3);
  await prompts(3, "5");
  await cell(3).locator("figure .main-svg").first().waitFor();
});

test("completes a name", async () => {
  await cell(4).locator(".jp-InputArea-editor").click();
  await page.keyboard.press("End");
  await page.keyboard.press("Tab");
  await page.waitForFunction(
    () =>
      document.querySelectorAll(".jp-Cell")[4]?.querySelector(".cm-content")?.textContent === "learningRate" ||
      document.querySelector(".jp-Completer:not(.lm-mod-hidden)"),
  );
  if ((await cell(4).locator(".cm-content").textContent()) !== "learningRate") await page.keyboard.press("Enter");
  await cell(4).locator(".cm-content", { hasText: "learningRate" }).waitFor();
});

test("offers the notebook's names first", async () => {
  await cell(5).locator(".jp-InputArea-editor").click();
  await page.keyboard.press("End");
  await page.keyboard.press("Tab");
  const offers = page.locator(".jp-Completer-item .jp-Completer-match");
  await offers.first().waitFor();
  assert.deepEqual((await offers.allInnerTexts()).slice(0, 3), ["Grade", "globalThis", "global"]);
  // JupyterLab orders what is left by itself.
  await page.keyboard.type("r");
  await page.locator(".jp-Completer-item mark", { hasText: "Gr" }).waitFor();
  assert.equal(await offers.first().innerText(), "Grade");
  assert.equal(await offers.filter({ hasText: "GPU" }).count(), 0);
  await page.keyboard.press("Escape");
});

test("restarts", async () => {
  await page.keyboard.press("Escape");
  await page.keyboard.press("0");
  await page.keyboard.press("0");
  await page.locator(".jp-Dialog .jp-mod-accept").click();
  await page.locator(".jp-Dialog").waitFor({ state: "detached" });
  await wait(500);
  await run(2);
  await shows(2, "Cannot find name 'learningRate'");
  await prompts(2, "1");
});
