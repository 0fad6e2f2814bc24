// @ts-check
// Reading executed notebooks and their figures, and writing them back as nbformat itself would.
import { spawnSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { venv } from "../setup/clone.mjs";

/**
 * A figure as an executed cell has left it in a notebook.
 * @typedef {object} Figure
 * @property {string} id       the book's number, like "6-9"
 * @property {string} caption
 * @property {string} alt
 * @property {{ data: any[], layout: any, frames?: any[] }} plotly
 * @property {any} output      the output it stands in
 */

/**
 * @typedef {object} Notebook
 * @property {string} file
 * @property {string} name  the file's name without its ending
 * @property {any} content  as in the file
 * @property {Figure[]} figures
 */

const plotlyType = "application/vnd.plotly.v1+json";

/**
 * The notebooks of a folder, in the order of their names.
 * @param {string} folder
 * @returns {Notebook[]}
 */
export function readNotebooks(folder) {
  const files = readdirSync(folder)
    .filter((name) => name.endsWith(".ipynb"))
    .sort();
  if (files.length === 0) throw new Error(`${folder} holds no .ipynb file; run this from a clone of the project`);
  const notebooks = files.map((name) => readNotebook(join(folder, name)));
  const seen = new Map();
  for (const { file, figures } of notebooks)
    for (const { id } of figures) {
      if (seen.has(id)) throw new Error(`figure ${id} is in ${seen.get(id)} and again in ${file}; give one another id`);
      seen.set(id, file);
    }
  return notebooks;
}

/** @param {string} file @returns {Notebook} */
function readNotebook(file) {
  const content = JSON.parse(readFileSync(file, "utf8"));
  const figures = outputsOf(content)
    .filter((output) => output.metadata?.figure)
    .map((output) => {
      const { id, caption, alt } = output.metadata.figure;
      const plotly = output.data[plotlyType];
      if (!id || !caption || !alt || !plotly)
        throw new Error(
          `${file}: figure ${id ?? "without id"} lacks its id, caption, alt text or Plotly data; show it with show()`,
        );
      return { id, caption, alt, plotly, output };
    });
  return { file, name: basename(file, ".ipynb"), content, figures };
}

/** @param {any} content @returns {any[]} */
function outputsOf(content) {
  return content.cells.flatMap((/** @type {any} */ cell) => cell.outputs ?? []);
}

/**
 * Gives each figure of a notebook its image, for viewers that draw no Plotly, and takes out what only a running notebook
 * needs.
 * @param {Notebook} notebook
 * @param {Map<string, import("./draw.mjs").Drawing>} drawings  by figure id
 */
export function putImages(notebook, drawings) {
  for (const { id, alt, plotly, output } of notebook.figures) {
    const { png, width, height } = /** @type {import("./draw.mjs").Drawing} */ (drawings.get(id));
    output.data = { [plotlyType]: plotly, "image/png": png.toString("base64"), "text/plain": alt };
    output.metadata["image/png"] = { width, height };
  }
}

/**
 * Writes notebooks with nbformat, so that saving one again in JupyterLab changes no byte. Each file is there whole, old or
 * new.
 * @param {Notebook[]} notebooks
 */
export function writeNotebooks(notebooks) {
  const script = `
import json, os, sys, nbformat
for notebook in json.load(sys.stdin):
    file = notebook["file"]
    nbformat.write(nbformat.from_dict(notebook["content"]), file + ".partial")
    os.replace(file + ".partial", file)
`;
  const input = JSON.stringify(notebooks.map(({ file, content }) => ({ file, content })));
  const { status, stderr } = spawnSync(join(venv, "bin/python"), ["-c", script], { input, encoding: "utf8" });
  if (status !== 0) throw new Error(`writing the notebooks failed:\n${stderr}`);
}
