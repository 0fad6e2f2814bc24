// Reading executed notebooks and their figures, and writing them back as nbformat itself would.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { python } from "#setup/python.mjs";
import { outputsOf, readNotebook, type NotebookContent, type Output, type Plot } from "../notebook-format.js";

/** A figure in an executed notebook. */
export interface Figure {
  /** What its files and its address on a page are called, like "6-9-seeds". */
  id: string;
  /** What is printed after "Figure", like "6-9b". */
  number: string;
  caption: string;
  alt: string;
  /** Its first sentence, where all of it is long. */
  shortAlt: string;
  plotly: Plot;
  /** The output that holds it. */
  output: Output;
}

export interface Notebook {
  file: string;
  /** The name of the file without its extension. */
  name: string;
  content: NotebookContent;
  figures: Figure[];
}

/** The images of one figure. */
export interface Drawing {
  /** The size in pixels at which the images are shown; the small ones have it, the others twice the resolution. */
  width: number;
  height: number;
  /** For the notebook. */
  png: Buffer;
  /** For the pages, by file name. */
  files: Map<string, Buffer>;
}

const plotlyType = "application/vnd.plotly.v1+json";

/** The notebooks of a folder, in the order of their names. */
export function readNotebooks(folder: string): Notebook[] {
  const files = readdirSync(folder)
    .filter((name) => name.endsWith(".ipynb"))
    .sort();
  if (files.length === 0) throw new Error(`${folder} holds no .ipynb file; run this from a clone of the project`);
  const notebooks = files.map((name) => withFigures(join(folder, name)));
  for (const name of ["id", "number"] as const) {
    const seen = new Map<string, string>();
    for (const { file, figures } of notebooks)
      for (const { [name]: value } of figures) {
        const other = seen.get(value);
        if (other) throw new Error(`figure ${value} is in ${other} and again in ${file}; give one another ${name}`);
        seen.set(value, file);
      }
  }
  return notebooks;
}

function withFigures(file: string): Notebook {
  const content = readNotebook(file);
  const figures = outputsOf(content).flatMap((output) => {
    if (!output.metadata?.figure) return [];
    const { id, number = id, caption, alt } = output.metadata.figure;
    const plotly = output.data?.[plotlyType];
    if (!id || !caption || !alt || !plotly)
      throw new Error(
        `${file}: figure ${id ?? "without id"} lacks its id, caption, alt text or Plotly data; show it with show()`,
      );
    return { id, number, caption, alt, shortAlt: shortened(alt), plotly, output };
  });
  return { file, name: basename(file, ".ipynb"), content, figures };
}

/** A screen reader reads an alt text in one go, so a long one is cut after its first sentence. */
function shortened(alt: string): string {
  const LONG = 160;
  const [first] = /^.+?\.(?= [A-Z])/.exec(alt) ?? [alt];
  return alt.length > LONG ? first : alt;
}

/**
 * Gives each figure of a notebook its image, for viewers that cannot draw Plotly, and removes what only a running
 * notebook needs.
 * @param drawings  by figure id
 */
export function putImages(notebook: Notebook, drawings: Map<string, Drawing>): void {
  for (const { id, alt, plotly, output } of notebook.figures) {
    const { png, width, height } = drawings.get(id)!;
    output.data = { [plotlyType]: plotly, "image/png": png.toString("base64"), "text/plain": alt };
    output.metadata = { ...output.metadata, "image/png": { width, height } };
  }
}

/**
 * Writes notebooks with nbformat, so that saving one in JupyterLab changes no byte. At any time each file is complete,
 * whether old or new.
 */
export function writeNotebooks(notebooks: Notebook[]): void {
  const script = `
import json, os, sys, nbformat
for notebook in json.load(sys.stdin):
    file = notebook["file"]
    nbformat.write(nbformat.from_dict(notebook["content"]), file + ".partial")
    os.replace(file + ".partial", file)
`;
  const input = JSON.stringify(notebooks.map(({ file, content }) => ({ file, content })));
  const { status, stderr } = spawnSync(python, ["-c", script], { input, encoding: "utf8" });
  if (status !== 0) throw new Error(`writing the notebooks failed:\n${stderr}`);
}
