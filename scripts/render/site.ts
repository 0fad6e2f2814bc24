// Writes the site: the contents with a gallery of all figures, a page per section, and the library's reference.
import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { nodeModules, root, venv } from "#setup/clone.mjs";
import { jupyterEnvironment } from "../jupyter.js";
import { loadLibrary } from "../library.js";
import { joined, type NotebookContent } from "../notebook-format.js";
import { finishArticle, loadKatex, type Article } from "./article.js";
import type { Drawing, Notebook } from "./notebooks.js";
import { plotlyFile } from "./plotly.js";

/** The folder of the template and the style sheet. */
const sources = join(root, "scripts/render");

type Drawings = Map<string, Drawing>;

/** A section of the chapter. */
interface SectionPage extends Article {
  file: string;
}

/**
 * @param site  the folder to write, replaced once everything is written
 * @param notebooks  with their images
 */
export async function writeSite(
  site: string,
  browser: Browser,
  notebooks: Notebook[],
  drawings: Drawings,
): Promise<void> {
  const partial = `${site}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(join(partial, "figures"), { recursive: true });

  cpSync(join(sources, "theme/style.css"), join(partial, "style.css"));
  cpSync(new URL("theme/page.js", import.meta.url), join(partial, "page.js"));
  writeFileSync(join(partial, "dark.js"), loadLibrary("figures/dark").inTheDarkScript);
  cpSync(plotlyFile, join(partial, "plotly.min.js"));
  cpSync(join(nodeModules, "katex/dist/katex.min.css"), join(partial, "katex/katex.min.css"));
  cpSync(join(nodeModules, "katex/dist/fonts"), join(partial, "katex/fonts"), {
    recursive: true,
    filter: (file) => !/\.(ttf|woff)$/.test(file), // every browser of the last ten years takes woff2
  });
  for (const { figures } of notebooks)
    for (const { id, plotly } of figures) {
      for (const [file, image] of drawings.get(id)?.files ?? []) writeFileSync(join(partial, "figures", file), image);
      // A script rather than JSON: a page opened from disk may load scripts, but not fetch.
      const { data, layout, frames } = plotly;
      writeFileSync(
        join(partial, `figures/${id}.js`),
        `figures[${JSON.stringify(id)}] = ${JSON.stringify({ data, layout, frames })};\n`,
      );
    }
  writeReference(join(partial, "api"));
  await writePages(partial, browser, notebooks, drawings);

  rmSync(site, { recursive: true, force: true });
  renameSync(partial, site);
}

/** The library's reference, from its docstrings. */
function writeReference(folder: string): void {
  runToEnd(process.execPath, [
    join(nodeModules, "typedoc/bin/typedoc"),
    "--options",
    fileURLToPath(new URL("typedoc.js", import.meta.url)),
    "--entryPoints",
    join(root, "lib/index.ts"),
    "--tsconfig",
    join(root, "tsconfig.json"),
    "--out",
    folder,
  ]);
}

async function writePages(site: string, browser: Browser, notebooks: Notebook[], drawings: Drawings): Promise<void> {
  const documentation = documentationPages(join(site, "api"));
  const figures = Object.fromEntries(
    notebooks.flatMap(({ name, figures }) => figures.map(({ id }) => [id, `${name}.html`])),
  );
  const cells = convert(notebooks);
  const page = await browser.newPage();
  await loadKatex(page);

  const [welcome, ...articles] = await Promise.all(
    cells.map(({ name, html }) => {
      const imported = importedNames(notebooks.find((notebook) => notebook.name === name));
      const names = Object.fromEntries(Object.entries(documentation).filter(([name]) => imported.has(name)));
      return finishArticle(page, html, { names, figures });
    }),
  );
  await page.close();

  const pages = articles.map((article, i): SectionPage => ({ ...article, file: `${notebooks[i].name}.html` }));
  pages.forEach((article, i) => {
    writeFileSync(join(site, article.file), sectionPage(article, pages[i - 1], pages[i + 1]));
  });
  writeFileSync(join(site, "index.html"), indexPage(welcome, pages, notebooks, drawings));
}

/** The cells of the welcome text and of each notebook as HTML, by nbconvert. */
function convert(notebooks: Notebook[]) {
  const folder = mkdtempSync(join(tmpdir(), "pages-"));
  try {
    const welcome = { name: "README", content: notebookOf(readFileSync(join(root, "notebooks/README.md"), "utf8")) };
    const all = [welcome, ...notebooks];
    for (const { name, content } of all) writeFileSync(join(folder, `${name}.ipynb`), JSON.stringify(content));
    runToEnd(join(venv, "bin/jupyter-nbconvert"), [
      "--to",
      "html",
      "--template",
      "template",
      "--TemplateExporter.extra_template_basedirs",
      sources,
      ...all.map(({ name }) => join(folder, `${name}.ipynb`)),
    ]);
    return all.map(({ name }) => ({ name, html: readFileSync(join(folder, `${name}.html`), "utf8") }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A notebook with one Markdown cell. */
function notebookOf(source: string): NotebookContent {
  return {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: {},
    cells: [{ cell_type: "markdown", id: "text", metadata: {}, source }],
  };
}

/** The names that the cells import from the library. */
function importedNames(notebook?: Notebook): Set<string> {
  const code = (notebook?.content.cells ?? [])
    .filter(({ cell_type }) => cell_type === "code")
    .map(({ source }) => joined(source));
  const imports = [...code.join("\n").matchAll(/import\s*(?:type\s*)?\{([^}]*)\}\s*from\s*["']\.\.\/lib["']/g)];
  return new Set(imports.flatMap(([, names]) => names.split(",").map((name) => name.trim().replace(/^type\s+/, ""))));
}

/** The reference page of each name. */
function documentationPages(reference: string): Record<string, string> {
  // If a value and a type share a name, the last one wins: the value's page.
  const kinds = ["types", "interfaces", "enums", "variables", "functions", "classes"].filter((kind) =>
    existsSync(join(reference, kind)),
  );
  return Object.fromEntries(
    kinds.flatMap((kind) =>
      readdirSync(join(reference, kind)).map((file) => [basename(file, ".html"), `api/${kind}/${file}`]),
    ),
  );
}

function sectionPage(page: SectionPage, previous?: SectionPage, next?: SectionPage): string {
  const contents = page.headings
    .filter(({ level }) => level > 1)
    .map(({ level, id, html }) => `<li class="level-${level}"><a href="#${id}">${html}</a></li>`)
    .join("\n");
  return shell({
    title: page.title,
    contents: `<ol>\n${contents}\n</ol>`,
    body: page.html,
    turn: [
      previous
        ? `<a rel="prev" href="${previous.file}"><small>Previous</small>${previous.title}</a>`
        : `<a rel="prev" href="index.html"><small>Previous</small>Contents</a>`,
      next
        ? `<a rel="next" href="${next.file}"><small>Next</small>${next.title}</a>`
        : `<a rel="next" href="index.html"><small>Back to the</small>Contents</a>`,
    ].join("\n"),
  });
}

function indexPage(welcome: Article, pages: SectionPage[], notebooks: Notebook[], drawings: Drawings): string {
  const contents = pages.map(({ file, title }) => `<li><a href="${file}">${title}</a></li>`).join("\n");
  const chapter = pages
    .map(({ file, title, headings }) => {
      const sections = headings
        .filter(({ level }) => level === 2)
        .map(({ id, html }) => `<li><a href="${file}#${id}">${html}</a></li>`);
      return `<section class="chapter-section">\n<h3><a href="${file}">${title}</a></h3>\n<ul>\n${sections.join("\n")}\n</ul>\n</section>`;
    })
    .join("\n");
  const gallery = notebooks
    .flatMap(({ name, figures }) => figures.map((figure) => ({ name, ...figure })))
    .map(({ name, id, caption, alt }) => {
      const { width, height } = drawings.get(id)!;
      return `<li><a href="${name}.html#figure-${id}">
  <picture>
    <source media="screen and (prefers-color-scheme: dark)" srcset="figures/${id}-small-dark.webp">
    <img src="figures/${id}-small.webp" width="480" height="${Math.round((480 * height) / width)}" alt="${escape(alt)}" decoding="async">
  </picture>
  <span class="number">Figure ${id}</span> ${escape(caption)}</a></li>`;
    })
    .join("\n");
  return shell({
    title: welcome.title,
    contents: `<ol>\n${contents}\n<li><a href="#figures">All figures</a></li>\n<li><a href="api/index.html">Reference</a></li>\n</ol>`,
    body: `${welcome.html}
<h2 id="contents">Contents</h2>
<div class="chapter">\n${chapter}\n</div>
<h2 id="figures">All figures</h2>
<ul class="gallery">\n${gallery}\n</ul>`,
    turn: `<a rel="next" href="${pages[0].file}"><small>Begin with</small>${pages[0].title}</a>`,
  });
}

/**
 * The frame of every page. The contents are beside the text on a wide screen and folded above it on a narrow one,
 * without a script: they are on the page twice, and the style sheet shows one.
 */
function shell({
  title,
  contents,
  body,
  turn,
}: {
  title: string;
  contents: string;
  body: string;
  turn: string;
}): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="katex/katex.min.css">
<link rel="stylesheet" href="style.css">
<script src="dark.js" defer></script>
<script src="page.js" defer></script>
</head>
<body>
<a class="skip" href="#text">Skip to the text</a>
<header>
<a class="home" href="index.html">Training Techniques</a>
<nav aria-label="Site"><a href="index.html#figures">Figures</a> <a href="api/index.html">Reference</a></nav>
</header>
<details class="contents"><summary>Contents</summary><nav aria-label="Contents">
${contents}
</nav></details>
<div class="columns">
<nav class="contents" aria-label="Contents">
${contents}
</nav>
<main id="text">
${body}
<nav class="turn" aria-label="Previous and next">
${turn}
</nav>
</main>
</div>
</body>
</html>
`;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}

function runToEnd(command: string, args: string[]): void {
  const { status, stderr, stdout, error } = spawnSync(command, args, {
    encoding: "utf8",
    cwd: root,
    env: jupyterEnvironment,
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`${basename(command)} failed:\n${stdout}${stderr}`);
}
