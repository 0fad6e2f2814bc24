// Turns the cells from nbconvert into an article: works on the DOM, in the browser that also draws the figures.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { nodeModules } from "#setup/clone.mjs";

export interface Article {
  html: string;
  title: string;
  headings: Heading[];
}

interface Heading {
  level: number;
  id: string;
  html: string;
}

interface Links {
  /** The reference page of each name that the notebook imports. */
  names: Record<string, string>;
  /** The page of each figure. */
  figures: Record<string, string>;
}

declare global {
  /** KaTeX's, in the browser. */
  var renderMathInElement: (element: Element, options: object) => void;
}

/**
 * Typesets the equations, and links names to the reference and mentions of figures to the figures.
 * @param page  with KaTeX loaded
 * @param html  the cells, as written by nbconvert
 */
export function finishArticle(page: Page, html: string, links: Links): Promise<Article> {
  return page.evaluate(finishInBrowser, { html, ...links });
}

/** Empties a page and loads KaTeX into it. */
export async function loadKatex(page: Page): Promise<void> {
  await page.setContent("<!doctype html>"); // KaTeX refuses to work in quirks mode
  for (const script of ["katex.min.js", "contrib/auto-render.min.js"])
    await page.addScriptTag({ content: readFileSync(join(nodeModules, "katex/dist", script), "utf8") });
}

/** Runs in the browser. */
function finishInBrowser({ html, names, figures }: Links & { html: string }): Article {
  const article = document.createElement("main");
  article.append(...new DOMParser().parseFromString(html, "text/html").body.childNodes);

  renderMathInElement(article, {
    delimiters: [
      { left: "$$", right: "$$", display: true },
      { left: "\\begin{align}", right: "\\end{align}", display: true },
      { left: "\\begin{equation}", right: "\\end{equation}", display: true },
      { left: "$", right: "$", display: false },
    ],
    errorCallback(message: string, error: Error) {
      throw new Error(`${message} ${error.message}`);
    },
  });

  // An imported name is the library's wherever it stands alone; after a dot it is a property of the same name.
  for (const code of article.querySelectorAll(".highlight span, .prose code")) {
    const name = code.textContent ?? "";
    if (!Object.hasOwn(names, name) || code.closest("a") || code.previousSibling?.textContent?.endsWith(".")) continue;
    code.replaceChildren(Object.assign(document.createElement("a"), { href: names[name], textContent: name }));
  }

  const texts = document.createTreeWalker(article, NodeFilter.SHOW_TEXT);
  const mentions: Text[] = [];
  while (texts.nextNode())
    if (/Figure 6-/.test(texts.currentNode.textContent ?? "")) mentions.push(texts.currentNode as Text);
  for (const text of mentions) {
    if (!text.parentElement?.closest(".prose") || text.parentElement.closest("a, code, pre, h1, h2, h3, .katex"))
      continue;
    const parts = (text.textContent ?? "").split(/(Figure 6-[\w-]*\w)/).map((part) => {
      const id = part.slice("Figure ".length);
      if (!part.startsWith("Figure 6-") || !Object.hasOwn(figures, id)) return part;
      return Object.assign(document.createElement("a"), { href: `${figures[id]}#figure-${id}`, textContent: part });
    });
    text.replaceWith(...parts);
  }

  for (const link of article.querySelectorAll('a[href*=".ipynb"]'))
    link.setAttribute("href", (link.getAttribute("href") ?? "").replace(/\.ipynb(?=#|$)/, ".html"));

  for (const table of article.querySelectorAll("table")) {
    const frame = Object.assign(document.createElement("div"), { className: "table" });
    table.replaceWith(frame);
    frame.append(table);
  }

  const headings = [...article.querySelectorAll("h1, h2, h3")].map((heading) => {
    const permalink = heading.querySelector(".anchor-link");
    permalink?.remove();
    const entry = { level: Number(heading.tagName[1]), id: heading.id, html: heading.innerHTML };
    if (permalink) {
      permalink.setAttribute("aria-label", `Link to: ${heading.textContent}`);
      permalink.textContent = "#";
      heading.append(permalink);
    }
    return entry;
  });

  const title = article.querySelector("h1")?.firstChild?.textContent ?? "";
  return { html: article.innerHTML, title, headings };
}
