// Compiles the JupyterLab extension in scripts/lab/extension and puts it where JupyterLab looks for prebuilt ones, with
// the same Plotly as the pages.
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { libraryBuild, nodeModules, root, venv } from "./clone.mjs";
import { stampedStep } from "./step.mjs";
import { runTool } from "./tool.mjs";

const sources = join(root, "scripts/lab/extension");
const dark = join(root, "lib/figures/dark.ts");
const installed = join(venv, "share/jupyter/labextensions/training-techniques");

export const labExtensionStep = stampedStep({
  name: "JupyterLab extension",
  megabytes: 5,
  stamp: join(installed, ".stamp"),
  inputs: () => [
    ...readdirSync(sources)
      .sort()
      .flatMap((file) => [file, readFileSync(join(sources, file))]),
    readFileSync(dark),
    existsSync(plotly("package.json")) ? readFileSync(plotly("package.json")) : "missing",
  ],
  async make() {
    const partial = `${installed}.partial`;
    // A new folder each time, because browsers cache what they have loaded from the same one.
    const folder = `static/${Date.now().toString(36)}`;
    rmSync(partial, { recursive: true, force: true });
    mkdirSync(join(partial, folder), { recursive: true });
    // npm run check looks at its types, which are among the packages for pages and tests.
    const tsc = [join(nodeModules, "typescript/bin/tsc"), "--project", sources, "--noCheck"];
    await runTool(process.execPath, [...tsc, "--outDir", join(partial, folder)], {
      doing: "Building the JupyterLab extension",
    });
    cpSync(plotly("plotly.min.js"), join(partial, folder, "plotly.min.js"));
    const { inTheDarkScript } = createRequire(import.meta.url)(join(libraryBuild, "figures/dark.js"));
    writeFileSync(join(partial, folder, "dark.js"), inTheDarkScript);
    const description = JSON.parse(readFileSync(join(sources, "package.json"), "utf8"));
    const modules = { extension: "./extension", mimeExtension: "./mimeExtension" };
    description.jupyterlab = { ...modules, _build: { load: `${folder}/remote-entry.js`, ...modules } };
    writeFileSync(join(partial, "package.json"), JSON.stringify(description, null, 2));
    rmSync(installed, { recursive: true, force: true });
    renameSync(partial, installed);
  },
});

/** @param {string} file */
function plotly(file) {
  return join(nodeModules, "plotly.js-dist-min", file);
}
