// The frame of every page: head, header, contents beside the text.
import type { Article } from "./article.js";

const SITE = "Training Techniques";

/** A section of the chapter. */
export interface SectionPage extends Article {
  /** The name of its notebook, and of its page without the extension. */
  name: string;
  file: string;
  /** What the section asks. */
  question: string;
}

interface Page {
  file: string;
  title: string;
  /** One or two sentences for search engines and previews. */
  description: string;
  body: string;
  /** The links that lead through the chapter. */
  turn?: { previous?: Turn; next?: Turn };
  /** The contents beside the text; without them the text has all the width. */
  contents?: string;
  /** A script that will be needed soon. */
  preload?: string;
  /** Without a slash at its end: where the site will be. */
  address?: string;
}

interface Turn {
  file: string;
  title: string;
}

/**
 * The contents are beside the text on a wide screen and folded above it on a narrow one, without a script: they are on
 * the page twice, and the style sheet shows one.
 */
export function shell({ file, title, description, body, turn, contents, preload, address }: Page): string {
  const full = title === SITE ? SITE : `${title} · ${SITE}`;
  const picture = `share/${file.replace(/\.html$/, ".jpg")}`;
  const head = [
    `<title>${full}</title>`,
    meta("name", "description", description),
    ...(address ? [`<link rel="canonical" href="${addressOf(address, file)}">`] : []),
    meta("property", "og:type", "article"),
    meta("property", "og:site_name", SITE),
    meta("property", "og:title", title),
    meta("property", "og:description", description),
    ...(address ? [meta("property", "og:url", addressOf(address, file))] : []),
    meta("property", "og:image", address ? `${address}/${picture}` : picture),
    meta("property", "og:image:width", "1200"),
    meta("property", "og:image:height", "630"),
    meta("name", "twitter:card", "summary_large_image"),
    ...(preload ? [`<link rel="preload" href="${preload}" as="script" fetchpriority="low">`] : []),
  ];
  return frame({
    head: head.join("\n"),
    body: contents
      ? `<details class="contents"><summary>Contents</summary><nav aria-label="Contents">
${contents}
</nav></details>
<div class="columns">
<nav class="contents" aria-label="Contents">
${contents}
</nav>
<main id="text">
${turnLinks("top", turn)}
${body}
${turnLinks("bottom", turn)}
</main>
</div>`
      : `<main id="text" class="wide">
${body}
${turnLinks("bottom", turn)}
</main>`,
  });
}

/**
 * What a host shows for an address without a page.
 * @param address  of the site; without it the links hold for the top folder, which the page is shown for, too, or which
 * a server names in a `<base>`
 */
export function notFoundPage(pages: SectionPage[], address?: string): string {
  return frame({
    skip: "", // with a <base>, a link to a place on this page leads to another
    head: `<title>Page not found · ${SITE}</title>
${address ? `<base href="${address}/">\n` : ""}<meta name="robots" content="noindex">`,
    body: `<main id="text" class="wide">
<h1>There is no such page</h1>
<p>Perhaps its address has changed. The chapter has these sections, and a search (press <kbd>/</kbd>):</p>
<ul>
${pages.map(({ file, title }) => `<li><a href="${file}">${title}</a></li>`).join("\n")}
<li><a href="index.html">Contents and all figures</a></li>
<li><a href="api/index.html">Reference of the library</a></li>
</ul>
</main>`,
  });
}

const SKIP = '<a class="skip" href="#text">Skip to the text</a>';

function frame({ head, body, skip = SKIP }: { head: string; body: string; skip?: string }): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
${head}
<link rel="icon" href="icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="katex/katex.min.css">
<link rel="stylesheet" href="style.css">
<script src="dark.js" defer></script>
<script src="page.js" defer></script>
<script src="search.js" defer></script>
</head>
<body>
${skip}
<header>
<a class="home" href="index.html">${SITE}</a>
<nav aria-label="Site"><a href="index.html#figures">Figures</a> <a href="api/index.html">Reference</a> <a href="index.html#How-to-run-it">Run it</a> <button type="button" class="search" aria-keyshortcuts="/" hidden>Search</button></nav>
</header>
${body}
</body>
</html>
`;
}

function turnLinks(place: "top" | "bottom", turn?: Page["turn"]): string {
  if (!turn) return "";
  const link = (rel: string, word: string, to?: Turn) =>
    to ? `<a rel="${rel}" href="${to.file}"><small>${word}</small> ${to.title}</a>` : "";
  return `<nav class="turn ${place}" aria-label="Previous and next${place === "top" ? ", at the top" : ""}">
${link("prev", "Previous", turn.previous)}
${link("next", "Next", turn.next)}
</nav>`;
}

/** All sections, of which the current one shows its headings. */
export function contentsOf(pages: SectionPage[], current: SectionPage): string {
  const items = pages.map((page) => {
    if (page !== current) return `<li><a href="${page.file}">${page.title}</a></li>`;
    const headings = page.headings
      .filter(({ level }) => level > 1)
      .map(({ level, id, html }) => `<li class="level-${level}"><a href="#${id}">${html}</a></li>`);
    return `<li><a href="${page.file}" aria-current="page">${page.title}</a>
<ol>\n${headings.join("\n")}\n</ol></li>`;
  });
  return `<ol>\n${items.join("\n")}\n</ol>`;
}

/** The contents page is the site's address itself. */
export function addressOf(address: string, file: string): string {
  return `${address}/${file === "index.html" ? "" : file}`;
}

function meta(kind: "name" | "property", key: string, content: string): string {
  return `<meta ${kind}="${key}" content="${escape(content)}">`;
}

export function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
