// The library's reference, made by TypeDoc from the docstrings.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { nodeModules, root } from "#setup/clone.mjs";
import { runToEnd } from "./run-to-end.js";

/** The page of a name, relative to the site. */
export interface ReferencePage {
  file: string;
  kind: string;
  /** The first paragraph of its docstring. */
  summary: string;
}

/** @returns the page of each name */
export function writeReference(site: string): Map<string, ReferencePage> {
  runToEnd(process.execPath, [
    join(nodeModules, "typedoc/bin/typedoc"),
    "--options",
    fileURLToPath(new URL("typedoc.js", import.meta.url)),
    "--entryPoints",
    join(root, "lib/index.ts"),
    "--tsconfig",
    join(root, "tsconfig.json"),
    "--out",
    join(site, "api"),
  ]);
  // If a value and a type share a name, the last one wins: the value's page.
  const kinds = { types: "type", interfaces: "interface", variables: "value", functions: "function", classes: "class" };
  const pages = new Map<string, ReferencePage>();
  for (const [folder, kind] of Object.entries(kinds))
    if (existsSync(join(site, "api", folder)))
      for (const name of readdirSync(join(site, "api", folder))) {
        const file = `api/${folder}/${name}`;
        pages.set(basename(name, ".html"), { file, kind, summary: summaryOf(readFileSync(join(site, file), "utf8")) });
      }
  return pages;
}

function summaryOf(html: string): string {
  const paragraph = /<div class="tsd-comment tsd-typography"><p>([\s\S]*?)<\/p>/.exec(html)?.[1] ?? "";
  const entities: Record<string, string> = { "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&amp;": "&" };
  return paragraph
    .replace(/<[^>]*>/g, "")
    .replace(/&(lt|gt|quot|#39|amp);/g, (entity) => entities[entity])
    .replace(/\s+/g, " ");
}
