// The cells of notebooks as HTML, by nbconvert.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "#setup/clone.mjs";
import { python } from "#setup/python.mjs";
import type { NotebookContent } from "../notebook-format.js";
import { runToEnd } from "./run-to-end.js";

/** @returns the HTML of each notebook, by name */
export function convert(notebooks: { name: string; content: NotebookContent }[]): Map<string, string> {
  const folder = mkdtempSync(join(tmpdir(), "pages-"));
  try {
    for (const { name, content } of notebooks) writeFileSync(join(folder, `${name}.ipynb`), JSON.stringify(content));
    runToEnd(python, [
      ...["-I", "-m", "nbconvert"],
      "--to",
      "html",
      "--template",
      "template",
      "--TemplateExporter.extra_template_basedirs",
      join(root, "scripts/render"),
      ...notebooks.map(({ name }) => join(folder, `${name}.ipynb`)),
    ]);
    return new Map(notebooks.map(({ name }) => [name, readFileSync(join(folder, `${name}.html`), "utf8")]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A notebook with one Markdown cell. */
export function notebookOf(source: string): NotebookContent {
  return {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: {},
    cells: [{ cell_type: "markdown", id: "text", metadata: {}, source }],
  };
}
