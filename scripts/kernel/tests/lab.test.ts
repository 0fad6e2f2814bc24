// The kernel in JupyterLab, as its reader has it: in a browser.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { type Browser, chromium, type Page } from "playwright-core";
import { launchOptions } from "#setup/chromium.mjs";
import { root, venv } from "#setup/clone.mjs";
import { jupyterEnvironment } from "../../jupyter.js";

/** How long each thing may take to appear. A busy machine needs some of it. */
const TIMEOUT_MS = 60_000;

/** What docs/kernel.md shows. */
const slider = /```ts\n(const view = [\s\S]*?)```/.exec(readFileSync(join(root, "docs/kernel.md"), "utf8"))?.[1] ?? "";

const cells = [
  'import { show } from "../lib/dist/notebook";\nconst learningRate = 0.1, Grade = 1;\nlearningRate * 2',
  "while (true);",
  "learningRate + 1",
  'show({ id: "t", caption: "A <caption>", alt: "three points", layout: { height: 200 },\n' +
    '  data: [{ type: "scatter", x: [1, 2, 3], y: [1, 4, 9] }] })',
  "learni",
  "G",
  slider,
  "slider.set(9); rate",
];

let folder: string;
let lab: ChildProcess | undefined;
let browser: Browser | undefined;
let page: Page;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "lab-"));
  // A clone with one notebook.
  for (const name of ["lib", "node_modules"]) symlinkSync(join(root, name), join(folder, name));
  mkdirSync(join(folder, "notebooks"));
  writeNotebook(join(folder, "notebooks/test.ipynb"));
  mkdirSync(join(folder, "extensions"));
  for (const name of ["@jupyter-widgets", "anywidget"])
    symlinkSync(join(venv, "share/jupyter/labextensions", name), join(folder, "extensions", name));
  lab = spawn(
    join(venv, "bin/jupyter-lab"),
    [
      "--no-browser",
      "--allow-root",
      "--ServerApp.port=0",
      `--ServerApp.root_dir=${folder}`,
      "--IdentityProvider.token=test",
      // Widgets, but not the extension that knows Plotly: figures must be drawn all the same.
      `--LabApp.labextensions_path=${join(folder, "extensions")}`,
    ],
    { cwd: folder, stdio: "ignore", env: { ...jupyterEnvironment, ...ownFolders(folder) } },
  );
  const url = await serverUrl(join(folder, "runtime"));
  browser = await chromium.launch(await launchOptions());
  page = await browser.newPage({ viewport: { width: 1200, height: 1600 } });
  page.setDefaultTimeout(TIMEOUT_MS);
  await page.goto(`${url}lab/tree/notebooks/test.ipynb?token=test`);
  await page.waitForSelector(".jp-Notebook .jp-Cell");
  await page.locator("#jp-main-statusbar", { hasText: "TypeScript | Idle" }).waitFor();
});

after(async () => {
  await browser?.close();
  if (lab?.exitCode === null) {
    const end = once(lab, "exit");
    lab.kill("SIGTERM");
    await end;
  }
  rmSync(folder, { recursive: true, force: true });
});

function writeNotebook(file: string): void {
  const kernelspec = { name: "tslab", display_name: "TypeScript", language: "typescript" };
  const written = cells.map((source, i) => ({
    cell_type: "code",
    id: `cell-${i}`,
    source,
    metadata: {},
    outputs: [],
    execution_count: null,
  }));
  writeFileSync(file, JSON.stringify({ cells: written, metadata: { kernelspec }, nbformat: 4, nbformat_minor: 5 }));
}

function ownFolders(folder: string) {
  return {
    JUPYTER_RUNTIME_DIR: join(folder, "runtime"),
    JUPYTER_CONFIG_DIR: join(folder, "config"),
    JUPYTER_DATA_DIR: join(folder, "data"),
  };
}

async function serverUrl(runtime: string): Promise<string> {
  for (const end = Date.now() + TIMEOUT_MS; Date.now() < end; await wait(200)) {
    try {
      const file = readdirSync(runtime).find((name) => /^jpserver-\d+\.json$/.test(name));
      if (file) return (JSON.parse(readFileSync(join(runtime, file), "utf8")) as { url: string }).url;
    } catch {
      // not yet written
    }
  }
  throw new Error("JupyterLab did not start");
}

const cell = (i: number) => page.locator(".jp-Notebook .jp-Cell").nth(i);

/** Runs a cell with Control+Enter; again, if JupyterLab, busy with its start, has forgotten it. */
async function run(i: number): Promise<void> {
  const prompt = () => cell(i).locator(".jp-InputPrompt").innerText();
  const before = await prompt();
  for (const end = Date.now() + TIMEOUT_MS; Date.now() < end;) {
    await cell(i).locator(".jp-InputArea-editor").click();
    await page.keyboard.press("Control+Enter");
    await wait(1000);
    if ((await prompt()) !== before) return;
  }
}

/** Waits for an output. */
async function shows(i: number, text: string): Promise<void> {
  try {
    await cell(i).locator(".jp-OutputArea", { hasText: text }).waitFor();
  } catch {
    assert.fail(`${text} did not come; the cell shows:\n${await cell(i).innerText()}`);
  }
}

const prompts = (i: number, count: string) =>
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
  await cell(3).getByText("What it shows").click(); // folded: its words are also the figure's name, below
  await shows(3, "three points");
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

test("a slider and a variable follow each other", async () => {
  await run(6);
  const range = cell(6).locator("input[type=range]");
  await range.waitFor();
  assert.equal(await range.inputValue(), "3");
  await range.fill("4"); // JupyterLab keeps the arrow keys to itself
  await range.fill("5");
  await run(7);
  await shows(7, "5"); // what the reader has chosen
  await page.waitForFunction(
    () => document.querySelector<HTMLInputElement>(".jp-Cell input[type=range]")?.value === "9",
  );
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
