// @ts-check
// For the tests: a real JupyterLab in a real browser.
import { spawn } from "node:child_process";
import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { writeNotebook } from "../execute/notebook-for-tests.mjs";
import { jupyterEnvironment } from "../jupyter.mjs";
import { launchOptions } from "../setup/chromium.mjs";
import { root, venv } from "../setup/clone.mjs";

/** `npm run lab`, as its reader has it. */
export const ourLab = [process.execPath, join(root, "scripts/lab.mjs")];

/**
 * JupyterLab as it comes, without this project's extension or settings.
 * @param {string} extensions  an empty folder
 */
export const stockLab = (extensions) => [
  join(venv, "bin/jupyter-lab"),
  "--allow-root",
  `--ServerApp.root_dir=${root}`,
  `--LabApp.labextensions_path=${extensions}`,
];

/**
 * A folder for notebooks inside the clone, where `npm run lab` has its root. It is empty, and holds no output of another
 * run; a cell's `"../lib"` is the library.
 * @param {string} name
 */
export function temporaryFolder(name) {
  const path = `.cache/${name}`;
  const folder = join(root, path);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, "notebooks"), { recursive: true });
  symlinkSync(join(root, "lib"), join(folder, "lib"));
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  return {
    folder,
    /** As JupyterLab names it. */
    path,
    remove: () => rmSync(folder, { recursive: true, force: true }),
    /**
     * Writes a notebook without outputs.
     * @param {string} name
     * @param {any[]} cells  the code of each, or cells of another notebook
     * @returns {string} its path, as JupyterLab names it
     */
    write(name, cells) {
      writeNotebook(join(folder, "notebooks", name), cells);
      return `${path}/notebooks/${name}`;
    },
  };
}

/** @returns {Promise<import("playwright-core").Browser>} */
export const startBrowser = async () => chromium.launch(await launchOptions());

/**
 * Starts a JupyterLab that remembers nothing, and ends it with the test.
 * @param {import("node:test").TestContext} t
 * @param {import("playwright-core").Browser} browser
 * @param {string} folder  for its settings
 * @param {string[]} command
 * @param {{ environment?: Record<string, string>, signatures?: string }} [options]  `signatures` says which notebooks are
 * trusted, as they were run here
 */
export async function startLab(t, browser, folder, [program, ...args], { environment, signatures = ":memory:" } = {}) {
  const lab = spawn(
    program,
    [
      ...args,
      "--no-browser",
      "--port=0",
      "--IdentityProvider.token=test",
      "--ContentsManager.allow_hidden=True",
      "--LabApp.expose_app_in_browser=True",
      `--NotebookNotary.db_file=${signatures}`,
    ],
    {
      cwd: root,
      stdio: ["ignore", "ignore", "pipe"],
      env: {
        ...jupyterEnvironment,
        JUPYTERLAB_SETTINGS_DIR: join(folder, "settings"),
        JUPYTERLAB_WORKSPACES_DIR: join(folder, "workspaces"),
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

  /**
   * @param {string} path  in JupyterLab's address
   * @param {() => void} [first]  what the page runs before all else
   */
  const goTo = async (path, first) => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    t.after(() => page.close());
    if (first) await page.addInitScript(first);
    /** What the page complained of. @type {string[]} */
    const complaints = [];
    page.on("pageerror", ({ message }) => complaints.push(message));
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    page.on("request", (request) => {
      if (!/^(http|ws):\/\/127\.0\.0\.1|^(data|blob):/.test(request.url()))
        complaints.push(`asks for ${request.url()}`);
    });
    await page.goto(`${url}${path}`);
    return { page, complaints };
  };

  return {
    goTo,
    /** Opens a notebook and waits for its kernel. @param {string} path @param {() => void} [first]  as with `goTo` */
    async open(path, first) {
      const { page, complaints } = await goTo(`lab/tree/${path}?token=test&reset`, first);
      await page.waitForFunction(
        () =>
          /** @type {any} */ (globalThis).jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status ===
          "idle",
        undefined,
        { timeout: 60_000 },
      );
      return { page, complaints };
    },
  };
}

/** @param {import("playwright-core").Page} page @param {string} id @param {object} [args] */
export function command(page, id, args) {
  return page.evaluate(
    ([id, args]) => /** @type {any} */ (globalThis).jupyterapp.commands.execute(id, args),
    /** @type {[string, any]} */ ([id, args]),
  );
}

/** Goes to a cell and runs it; resolves when it has ended. @param {import("playwright-core").Page} page @param {number} index */
export async function runCell(page, index) {
  await page.evaluate(async (index) => {
    const notebook = /** @type {any} */ (globalThis).jupyterapp.shell.currentWidget.content;
    notebook.activeCellIndex = index;
    await notebook.scrollToItem(index, "start");
  }, index);
  await command(page, "notebook:run-cell");
}

/** Switches JupyterLab's theme. @param {import("playwright-core").Page} page @param {"Light" | "Dark"} name */
export async function useTheme(page, name) {
  await command(page, "apputils:change-theme", { theme: `JupyterLab ${name}` });
  await page.waitForFunction((light) => document.body.dataset.jpThemeLight === light, String(name === "Light"));
}

/** The outputs of a cell. @param {import("playwright-core").Page} page @param {number} index @returns {Promise<any[]>} */
export function outputsOf(page, index) {
  return page.evaluate(
    (index) =>
      /** @type {any} */ (globalThis).jupyterapp.shell.currentWidget.content.widgets[index].model.outputs.toJSON(),
    index,
  );
}

/** Runs in the browser. @returns {string[]} */
export function failedOutputs() {
  const { model } = /** @type {any} */ (globalThis).jupyterapp.shell.currentWidget.content;
  const outputs = [...model.cells].filter(({ type }) => type === "code").flatMap((cell) => cell.outputs.toJSON());
  return outputs.filter((output) => output.output_type === "error").map(({ ename, evalue }) => `${ename}: ${evalue}`);
}

/**
 * Runs in the browser: goes through the notebook's figures, and tells which do not show what they should.
 * @param {string} selector
 */
export async function figuresWithout(selector) {
  const notebook = /** @type {any} */ (globalThis).jupyterapp.shell.currentWidget.content;
  let figures = 0;
  const without = [];
  for (const [index, cell] of notebook.widgets.entries()) {
    if (cell.model.type !== "code") continue;
    const ids = cell.model.outputs
      .toJSON()
      .map((/** @type {any} */ output) => output.metadata?.figure?.id)
      .filter(Boolean);
    if (ids.length === 0) continue;
    figures += ids.length;
    const shown = () => {
      const found = [...cell.node.querySelectorAll(selector)].filter(
        (element) => element.getBoundingClientRect().height > 100,
      );
      // A plot with a legend or in 3D has several layers, but each figure its own output.
      return new Set(found.map((element) => element.closest(".jp-OutputArea-child"))).size;
    };
    for (let waited = 0; waited === 0 || (shown() < ids.length && waited < 30_000); waited += 100) {
      // Again and again, as a reader would: cells above may still be growing.
      if (waited % 1000 === 0) await notebook.scrollToItem(index, "center");
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    if (shown() < ids.length) without.push(ids.join(", "));
  }
  return { figures, without };
}
