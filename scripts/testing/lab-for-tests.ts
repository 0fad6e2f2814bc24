// A real JupyterLab in a real browser, for tests.
import { spawn } from "node:child_process";
import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { chromium, type Browser, type Page } from "playwright-core";
import { launchOptions } from "#setup/chromium.mjs";
import { root, venv } from "#setup/clone.mjs";
import { jupyterEnvironment } from "../jupyter.js";
import type { Cell, Output } from "../notebook-format.js";
import { writeNotebook } from "./notebook-for-tests.js";

declare global {
  /** JupyterLab in the browser, once a notebook is open in it; `--LabApp.expose_app_in_browser` puts it there. */
  var jupyterapp: JupyterApp;
}

/** The part of JupyterLab's application that the tests use. */
interface JupyterApp {
  commands: { execute(id: string, args?: object): Promise<unknown> };
  shell: {
    currentWidget: {
      content: LabNotebook;
      sessionContext?: { session?: { kernel?: { status: string } } };
    };
  };
}

interface LabNotebook {
  activeCellIndex: number;
  widgets: { node: HTMLElement; model: LabCell }[];
  model: { cells: Iterable<LabCell> };
  scrollToItem(index: number, align: "start" | "center"): Promise<void>;
}

interface LabCell {
  type: Cell["cell_type"];
  trusted: boolean;
  outputs: { length: number; toJSON(): Output[]; clear(): void };
}

interface LabOptions {
  environment?: Record<string, string>;
  /** The database of trusted notebooks: those that were run here. */
  signatures?: string;
}

/** `npm run lab`, as users run it. */
export const ourLab = [process.execPath, join(root, "scripts/cli.mjs"), "lab"];

/**
 * Plain JupyterLab, without this project's extension or settings.
 * @param extensions  an empty folder
 */
export const stockLab = (extensions: string) => [
  join(venv, "bin/jupyter-lab"),
  "--allow-root",
  `--ServerApp.root_dir=${root}`,
  `--LabApp.labextensions_path=${extensions}`,
];

/**
 * An empty folder for notebooks inside the clone, the root of `npm run lab`; to its cells `"../lib"` is the library.
 */
export function temporaryFolder(name: string) {
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
     * @param cells  the code of each, or cells of another notebook
     * @returns its path, as JupyterLab names it
     */
    write(name: string, cells: (string | Cell)[]): string {
      writeNotebook(join(folder, "notebooks", name), cells);
      return `${path}/notebooks/${name}`;
    },
  };
}

export const startBrowser = async (): Promise<Browser> => chromium.launch(await launchOptions());

/**
 * Starts a JupyterLab without saved state, and stops it when the test ends.
 * @param folder  for its settings
 */
export async function startLab(
  t: TestContext,
  browser: Browser,
  folder: string,
  [program, ...args]: string[],
  { environment, signatures = ":memory:" }: LabOptions = {},
) {
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
    if (lab.exitCode !== null) return;
    const ended = new Promise((resolve) => lab.once("exit", resolve));
    lab.kill("SIGTERM");
    const kill = setTimeout(() => lab.kill("SIGKILL"), 10_000); // a failed test must say so, and not hang
    await ended.finally(() => clearTimeout(kill));
  });
  const url = await new Promise<string>((resolve, reject) => {
    let log = "";
    lab.stderr.on("data", (text: Buffer) => {
      log += text;
      const [url] = log.match(/http:\/\/127\.0\.0\.1:\d+\//) ?? [];
      if (url) resolve(url);
    });
    lab.on("exit", () => reject(new Error(`JupyterLab ended:\n${log}`)));
  });

  /**
   * @param path  in JupyterLab's address
   * @param first  a script for the page to run before all others
   */
  const goTo = async (path: string, first?: () => void) => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    t.after(() => page.close());
    if (first) await page.addInitScript(first);
    /** Errors that the page reported. */
    const complaints: string[] = [];
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
    /** Opens a notebook and waits for its kernel. @param first  as with `goTo` */
    async open(path: string, first?: () => void) {
      const { page, complaints } = await goTo(`lab/tree/${path}?token=test&reset`, first);
      await page.waitForFunction(
        () => globalThis.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === "idle",
        undefined,
        { timeout: 60_000 },
      );
      return { page, complaints };
    },
  };
}

export function command(page: Page, id: string, args?: object): Promise<unknown> {
  return page.evaluate(({ id, args }) => jupyterapp.commands.execute(id, args), { id, args });
}

/** Goes to a cell and runs it; resolves when it has finished. */
export async function runCell(page: Page, index: number): Promise<void> {
  await page.evaluate(async (index) => {
    const notebook = jupyterapp.shell.currentWidget.content;
    notebook.activeCellIndex = index;
    await notebook.scrollToItem(index, "start");
  }, index);
  await command(page, "notebook:run-cell");
}

/** Switches JupyterLab's theme. */
export async function useTheme(page: Page, name: "Light" | "Dark"): Promise<void> {
  await command(page, "apputils:change-theme", { theme: `JupyterLab ${name}` });
  await page.waitForFunction((light) => document.body.dataset.jpThemeLight === light, String(name === "Light"));
}

/** The outputs of a cell. */
export function outputsOfCell(page: Page, index: number): Promise<Output[]> {
  return page.evaluate((index) => jupyterapp.shell.currentWidget.content.widgets[index].model.outputs.toJSON(), index);
}

/** Runs in the browser. */
export function failedOutputs(): string[] {
  const { model } = jupyterapp.shell.currentWidget.content;
  const outputs = [...model.cells].filter(({ type }) => type === "code").flatMap((cell) => cell.outputs.toJSON());
  return outputs.filter((output) => output.output_type === "error").map(({ ename, evalue }) => `${ename}: ${evalue}`);
}

/** Runs in the browser: goes through the notebook's figures, and returns those that do not show what they should. */
export async function figuresWithout(selector: string): Promise<{ figures: number; without: string[] }> {
  const notebook = jupyterapp.shell.currentWidget.content;
  let figures = 0;
  const without: string[] = [];
  for (const [index, cell] of notebook.widgets.entries()) {
    if (cell.model.type !== "code") continue;
    const ids = cell.model.outputs
      .toJSON()
      .map((output) => output.metadata?.figure?.id)
      .filter(Boolean);
    if (ids.length === 0) continue;
    figures += ids.length;
    const shown = () => {
      const found = [...cell.node.querySelectorAll(selector)].filter(
        (element) => element.getBoundingClientRect().height > 100,
      );
      // A plot with a legend or in 3D has several layers, but each figure has its own output.
      return new Set(found.map((element) => element.closest(".jp-OutputArea-child"))).size;
    };
    for (let waited = 0; waited === 0 || (shown() < ids.length && waited < 30_000); waited += 100) {
      // Repeatedly, as a reader would: cells above may still be growing.
      if (waited % 1000 === 0) await notebook.scrollToItem(index, "center");
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    if (shown() < ids.length) without.push(ids.join(", "));
  }
  return { figures, without };
}
