// Writes the site: the first page with a gallery of all figures, a page per section, and the library's reference.
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { nodeModules, root } from "#setup/clone.mjs";
import { loadLibrary } from "../library.js";
import { joined } from "../notebook-format.js";
import { finishArticle, loadKatex, type Passage } from "./article.js";
import { codespaceOf, ownRepository } from "./codespace.js";
import { convert, notebookOf } from "./convert.js";
import { NARROW } from "./draw.js";
import type { Drawing, Notebook } from "./notebooks.js";
import { emblemOf, indexPage, sectionPage } from "./pages.js";
import { bundleFor, bundles } from "./plotly.js";
import { writeReference, type ReferencePage } from "./reference.js";
import { drawSharePictures } from "./share-pictures.js";
import { notFoundPage, type SectionPage } from "./shell.js";
import { writeSiteMap } from "./site-map.js";

/** The folder of the style sheet and the icon. */
const theme = join(root, "scripts/render/theme");

type Drawings = Map<string, Drawing>;

/**
 * @param site  the folder to write, replaced once everything is written
 * @param notebooks  with their images, as they are on the disk
 * @param address  where the site will be; with it come canonical addresses and a site map
 */
export async function writeSite(
  site: string,
  browser: Browser,
  notebooks: Notebook[],
  drawings: Drawings,
  address?: string,
): Promise<void> {
  const partial = `${site}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(join(partial, "figures"), { recursive: true });

  for (const file of ["style.css", "icon.svg"]) cpSync(join(theme, file), join(partial, file));
  for (const file of ["page.js", "search.js"]) cpSync(new URL(`theme/${file}`, import.meta.url), join(partial, file));
  writeFileSync(join(partial, "dark.js"), loadLibrary("figures/dark").inTheDarkScript);
  cpSync(join(nodeModules, "katex/dist/katex.min.css"), join(partial, "katex/katex.min.css"));
  cpSync(join(nodeModules, "katex/dist/fonts"), join(partial, "katex/fonts"), {
    recursive: true,
    filter: (file) => !/\.(ttf|woff)$/.test(file), // every browser of the last ten years takes woff2
  });
  writeFigures(partial, notebooks, drawings);
  for (const { file, name } of notebooks) cpSync(file, join(partial, `notebooks/${name}.ipynb`));
  const reference = writeReference(partial);
  await writePages(partial, browser, { notebooks, drawings, reference, address });
  if (address) writeSiteMap(partial, address);

  rmSync(site, { recursive: true, force: true });
  renameSync(partial, site);
}

/** Images and data of all figures, and what draws them. */
function writeFigures(site: string, notebooks: Notebook[], drawings: Drawings): void {
  const figures = notebooks.flatMap(({ figures }) => figures);
  for (const { id, plotly } of figures) {
    for (const [file, image] of drawings.get(id)!.files) writeFileSync(join(site, "figures", file), image);
    // A script rather than JSON: a page opened from disk may load scripts, but not fetch.
    const { data, layout, frames } = plotly;
    writeFileSync(
      join(site, `figures/${id}.js`),
      `figures[${JSON.stringify(id)}] = ${JSON.stringify({ data, layout, frames })};\n`,
    );
  }
  const needed = new Set(figures.map(({ plotly }) => bundleFor(plotly)));
  for (const bundle of bundles) if (needed.has(bundle)) cpSync(bundle.source, join(site, bundle.file));
}

interface Contents {
  notebooks: Notebook[];
  drawings: Drawings;
  reference: Map<string, ReferencePage>;
  address?: string;
}

async function writePages(
  site: string,
  browser: Browser,
  { notebooks, drawings, reference, address }: Contents,
): Promise<void> {
  const readme = welcomeText();
  const cells = convert([{ name: "README", content: notebookOf(readme.text) }, ...notebooks]);
  const mentions = mentionsIn(notebooks, cells);
  const figures = Object.fromEntries(
    notebooks.flatMap((notebook) =>
      notebook.figures.map(({ id, shortAlt, plotly }) => [id, { alt: shortAlt, plotly: bundleFor(plotly).file }]),
    ),
  );

  const page = await browser.newPage();
  await loadKatex(page);
  const finish = (name: string, names: Record<string, string>) =>
    finishArticle(page, cells.get(name)!, { names, mentions, figures, narrow: NARROW });
  const welcome = await finish("README", {});
  const pages: SectionPage[] = [];
  for (const notebook of notebooks) {
    const { name } = notebook;
    const imported = importedNames(notebook);
    const names = [...reference].filter(([name]) => imported.has(name)).map(([name, { file }]) => [name, file]);
    const article = await finish(name, Object.fromEntries(names) as Record<string, string>);
    const question = readme.questions.get(name) ?? article.title;
    pages.push({ ...article, name, file: `${name}.html`, question });
  }
  await page.close();

  const write = (file: string, text: string) => writeFileSync(join(site, file), text);
  const places = { address, codespace: codespaceOf(ownRepository()) };
  for (const [i, one] of pages.entries())
    write(one.file, sectionPage(one, pages, statSync(notebooks[i].file).size / 1e6, places));
  const description = readme.description;
  write("index.html", indexPage(welcome, description, pages, notebooks, drawings, places));
  write("404.html", notFoundPage(pages, address));
  write("search-index.js", searchIndex(pages, reference));

  const picture = (notebook: Notebook) => drawings.get(emblemOf(notebook)?.id ?? "")?.png;
  const shared = [
    { file: "index.html", title: welcome.title, text: description.split(". ")[0], figure: picture(notebooks[0]) },
    ...pages.map(({ file, title, question: text }, i) => ({ file, title, text, figure: picture(notebooks[i]) })),
  ];
  mkdirSync(join(site, "share"));
  const drawn = await drawSharePictures(browser, shared);
  shared.forEach(({ file }, i) => {
    writeFileSync(join(site, "share", file.replace(/\.html$/, ".jpg")), drawn[i]);
  });
}

/**
 * notebooks/README.md: its table of questions becomes a mark for the first page, which shows a figure with each.
 */
function welcomeText() {
  const text = readFileSync(join(root, "notebooks/README.md"), "utf8");
  const rows = [...text.matchAll(/^\| \[[^\]]*\]\((.*)\.ipynb\) \| (.*?) *\|$/gm)];
  const table = /(^\|.*\n)+/m;
  return {
    text: text.replace(table, '<div id="sections"></div>\n'),
    /** By the name of the notebook. */
    questions: new Map(rows.map(([, name, question]) => [name, question])),
    /** The first paragraph, without its marks. */
    description: text
      .split(/\n{2,}/)[1]
      .replace(/[*_`]/g, "")
      .replace(/\s+/g, " "),
  };
}

/** Where figures, equations and sections are, by how the text mentions them. */
function mentionsIn(notebooks: Notebook[], cells: Map<string, string>): Record<string, string> {
  const mentions: Record<string, string> = {};
  for (const { name, figures } of notebooks) {
    const page = `${name}.html`;
    const html = cells.get(name)!;
    for (const { id, number } of figures) {
      mentions[`Figure ${id}`] ??= `${page}#figure-${id}`;
      mentions[`Figure ${number}`] = `${page}#figure-${id}`;
    }
    for (const [, number] of html.matchAll(/\\tag\{([\d.]+)\}/g)) mentions[`(${number})`] = `${page}#eq-${number}`;
    for (const [, level, id, number] of html.matchAll(/<h([123]) id="((6[.\d]*\d)-[^"]*)"/g))
      mentions[number] = level === "1" ? page : `${page}#${id}`;
  }
  return mentions;
}

/** The names that the cells import from the library. */
function importedNames(notebook: Notebook): Set<string> {
  const code = notebook.content.cells
    .filter(({ cell_type }) => cell_type === "code")
    .map(({ source }) => joined(source));
  const imports = [...code.join("\n").matchAll(/import\s*(?:type\s*)?\{([^}]*)\}\s*from\s*["']\.\.\/lib["']/g)];
  return new Set(imports.flatMap(([, names]) => names.split(",").map((name) => name.trim().replace(/^type\s+/, ""))));
}

/** What theme/search.ts searches: a script, like the figures. */
function searchIndex(pages: SectionPage[], reference: Map<string, ReferencePage>): string {
  const ofPage = ({ file, title, passages }: SectionPage) =>
    passages.map((passage: Passage) => ({
      title: passage.title,
      page: title,
      href: `${file}#${passage.id}`,
      text: passage.text,
    }));
  const names = [...reference].map(([name, { file, kind, summary }]) => ({
    title: name,
    page: `Reference, ${kind}`,
    href: file,
    text: summary,
  }));
  return `const searchEntries = ${JSON.stringify([...pages.flatMap(ofPage), ...names])};\n`;
}
