// The first page, with the questions, a figure of each section and the gallery; and a page per section.
import { contentsOf, escape, shell, type SectionPage } from "./shell.js";
import type { Article } from "./article.js";
import { bundles } from "./plotly.js";
import type { Drawing, Figure, Notebook } from "./notebooks.js";

/** The figure that stands for a section, unless its notebook no longer has it: then its first one. */
const EMBLEMS = ["6-8", "6-14", "6-18", "6-20", "6-24-parameters"];

export function emblemOf({ figures }: Notebook): Figure | undefined {
  return figures.find(({ id }) => EMBLEMS.includes(id)) ?? figures[0];
}

/** Addresses that not every site has. */
export interface Places {
  /** Where the site will be. */
  address?: string;
  /** What opens the project in a codespace. */
  codespace?: string;
}

/** @param megabytes  of the notebook, as it lies beside the page */
export function sectionPage(
  page: SectionPage,
  pages: SectionPage[],
  megabytes: number,
  { address, codespace }: Places,
): string {
  const at = pages.indexOf(page);
  const index = { file: "index.html", title: "Contents" };
  const orCodespace = codespace
    ? `, or <a href="${codespace}">open it in a codespace</a> without installing anything`
    : "";
  // Under the title.
  const source = `<p class="source">This page is a notebook that was run: <a href="notebooks/${page.name}.ipynb" download>download it</a>
(${megabytes.toFixed(1)} MB), and see <a href="index.html#How-to-run-it">how to run it</a>${orCodespace}.</p>`;
  return shell({
    file: page.file,
    title: page.title,
    description: page.question,
    address,
    contents: contentsOf(pages, page),
    preload: page.html.includes(`data-plotly="${bundles[0].file}"`) ? bundles[0].file : undefined,
    body: page.html.replace("</h1>", `</h1>\n${source}`),
    turn: { previous: pages[at - 1] ?? index, next: pages[at + 1] ?? index },
  });
}

/**
 * @param welcome  with the mark `<div id="sections"></div>` where the sections shall be
 * @param description  of the whole site
 */
export function indexPage(
  welcome: Article,
  description: string,
  pages: SectionPage[],
  notebooks: Notebook[],
  drawings: Map<string, Drawing>,
  { address, codespace }: Places,
): string {
  const cards = pages.map(({ file, title, question }, i) => {
    const emblem = emblemOf(notebooks[i]);
    return `<li><a href="${file}">
${emblem ? smallPicture(emblem, drawings, "") : ""}
<span class="title">${title}</span></a>
<span class="question">${escape(question)}</span></li>`;
  });
  const chapter = pages.map(({ file, title, headings }) => {
    const sections = headings
      .filter(({ level }) => level === 2)
      .map(({ id, html }) => `<li><a href="${file}#${id}">${html}</a></li>`);
    return `<section>\n<h3><a href="${file}">${title}</a></h3>\n<ul>\n${sections.join("\n")}\n</ul>\n</section>`;
  });
  const gallery = notebooks.flatMap(({ name, figures }) =>
    figures.map(
      (figure) => `<li><a href="${name}.html#figure-${figure.id}">
${smallPicture(figure, drawings, figure.shortAlt, "lazy")}
<span class="number">Figure ${figure.number}</span> ${escape(figure.caption)}</a></li>`,
    ),
  );
  const html = welcome.html
    .replace('<div id="sections"></div>', `<ul class="sections">\n${cards.join("\n")}\n</ul>`)
    .replace(/<h2 id="How-to-run-it".*?<\/h2>/s, (heading) => heading + (codespace ? inCodespace(codespace) : ""));
  return shell({
    file: "index.html",
    title: welcome.title,
    description,
    address,
    body: `${html}
<h2 id="contents">Contents</h2>
<div class="chapter">\n${chapter.join("\n")}\n</div>
<h2 id="figures">All figures</h2>
<ul class="gallery">\n${gallery.join("\n")}\n</ul>`,
  });
}

const inCodespace = (address: string) =>
  `\n<p>Without installing anything: <a href="${address}">open it in a codespace</a>.</p>`;

function smallPicture({ id }: Figure, drawings: Map<string, Drawing>, alt: string, loading?: "lazy"): string {
  const { width, height } = drawings.get(id)!;
  return `<picture>
<source media="screen and (prefers-color-scheme: dark)" srcset="figures/${id}-small-dark.png">
<img src="figures/${id}-small.png" width="${width}" height="${height}" alt="${escape(alt)}"${loading ? ` loading="${loading}"` : ""} decoding="async">
</picture>`;
}
