// Turns the cells from nbconvert into an article: works on the DOM, in the browser that also draws the figures.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { nodeModules } from "#setup/clone.mjs";

export interface Article {
  html: string;
  title: string;
  headings: Heading[];
  passages: Passage[];
}

interface Heading {
  level: number;
  id: string;
  html: string;
}

/** What a reader can search for: the text under a heading, or a caption. */
export interface Passage {
  title: string;
  id: string;
  text: string;
}

interface Surroundings {
  /** The reference page of each name that the notebook imports. */
  names: Record<string, string>;
  /** Where "Figure 6-9b", "(6.3)", "6.2" and "6.2.1" in the text lead. */
  mentions: Record<string, string>;
  /** By id: the short alt text, and the script that draws the figure. */
  figures: Record<string, { alt: string; plotly: string }>;
  /** The width of a phone's images, in pixels. */
  narrow: number;
}

declare global {
  /** KaTeX's, in the browser. */
  var renderMathInElement: (element: Element, options: object) => void;
}

/**
 * Typesets the equations, and links names to the reference, and mentions of figures, equations and sections to them.
 * @param page  with KaTeX loaded
 * @param html  the cells, as written by nbconvert
 */
export function finishArticle(page: Page, html: string, surroundings: Surroundings): Promise<Article> {
  return page.evaluate(finishInBrowser, { html, ...surroundings });
}

/** Empties a page and loads KaTeX into it. */
export async function loadKatex(page: Page): Promise<void> {
  await page.setContent("<!doctype html>"); // KaTeX refuses to work in quirks mode
  for (const script of ["katex.min.js", "contrib/auto-render.min.js"])
    await page.addScriptTag({ content: readFileSync(join(nodeModules, "katex/dist", script), "utf8") });
}

/** Runs in the browser. */
function finishInBrowser({ html, names, mentions, figures, narrow }: Surroundings & { html: string }): Article {
  const article = document.createElement("main");
  article.append(...new DOMParser().parseFromString(html, "text/html").body.childNodes);

  typesetEquations();
  linkNames();
  linkMentions();
  for (const link of article.querySelectorAll('a[href*=".ipynb"]'))
    link.setAttribute("href", (link.getAttribute("href") ?? "").replace(/\.ipynb(?=#|$)/, ".html"));
  // In an object, the highlighter takes a number for a type.
  for (const value of article.querySelectorAll(".highlight .kt"))
    if (/^[\d.]/.test(value.textContent ?? "")) value.className = "mf";
  joinChecks();
  finishFigures();
  finishTables();
  const headings = finishHeadings();

  const title = article.querySelector("h1")?.firstChild?.textContent ?? "";
  return { html: article.innerHTML, title, headings, passages: passages() };

  function typesetEquations() {
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
    for (const equation of article.querySelectorAll(".katex-display")) {
      const tex = equation.querySelector("annotation")?.textContent ?? "";
      const numbers = [...tex.matchAll(/\\tag\{([^}]*)\}/g)].map(([, number]) => number);
      if (numbers.length === 0) continue;
      const frame = Object.assign(document.createElement("span"), { className: "equation", id: `eq-${numbers[0]}` });
      equation.replaceWith(frame);
      // Further numbers of the same equation lead here, too.
      frame.append(...numbers.slice(1).map((number) => anchor(`eq-${number}`)));
      frame.append(equation, permalink(`eq-${numbers[0]}`, `equation (${numbers[0]})`));
    }
  }

  function anchor(id: string): Element {
    return Object.assign(document.createElement("span"), { id });
  }

  function permalink(id: string, name: string): Element {
    const link = Object.assign(document.createElement("a"), { className: "anchor-link", href: `#${id}` });
    link.textContent = "#";
    link.setAttribute("aria-label", `Link to: ${name}`);
    return link;
  }

  /**
   * A name is linked where it first stands in a cell, and the first of these links is a stop for those who read by
   * keyboard. It is the library's wherever it stands alone; after a dot it is a property of the same name.
   */
  function linkNames() {
    const onPage = new Set<string>();
    const linked = new Map<Element, Set<string>>();
    for (const code of article.querySelectorAll(".highlight span, .prose code")) {
      const name = code.textContent ?? "";
      if (!Object.hasOwn(names, name) || code.closest("a") || code.previousSibling?.textContent?.endsWith("."))
        continue;
      const cell = code.closest(".highlight, .prose")!;
      if (!linked.has(cell)) linked.set(cell, new Set());
      if (linked.get(cell)!.has(name)) continue;
      linked.get(cell)!.add(name);
      const link = Object.assign(document.createElement("a"), { href: names[name], textContent: name });
      if (onPage.has(name)) link.tabIndex = -1;
      onPage.add(name);
      code.replaceChildren(link);
    }
  }

  /** A section is mentioned as "section 6.2" or as "6.2.1": "6.2" alone may be any number. */
  function linkMentions() {
    const mention =
      /([Ff]igure 6-[\w-]*\w|\(6\.\d+\)|(?<=\b[Ss]ections? (?:6\.\d+(?:,| and|, and) )*)6\.\d+(?:\.\d+)?|(?<![\d.])6\.\d+\.\d+)/;
    const texts = document.createTreeWalker(article, NodeFilter.SHOW_TEXT);
    const found: Text[] = [];
    while (texts.nextNode())
      if (mention.test(texts.currentNode.textContent ?? "")) found.push(texts.currentNode as Text);
    for (const text of found) {
      if (!text.parentElement?.closest(".prose") || text.parentElement.closest("a, code, pre, h1, h2, h3, .katex"))
        continue;
      // Every second part is a mention.
      const parts = (text.textContent ?? "").split(mention).map((part, i) => {
        const mentioned = part.replace("figure", "Figure");
        if (i % 2 === 0 || !Object.hasOwn(mentions, mentioned)) return part;
        return Object.assign(document.createElement("a"), { href: mentions[mentioned], textContent: part });
      });
      text.replaceWith(...parts);
    }
  }

  /** Cells that only prepare a check are folded together with the one that shows its table. */
  function joinChecks() {
    for (const check of [...article.querySelectorAll(".cell > .check")].reverse()) {
      const cell = check.parentElement!;
      const next = cell.nextElementSibling?.querySelector(":scope > .check > summary");
      const code = check.querySelector<HTMLElement>(".highlight");
      if (!next || !code || cell.querySelector(".output, figure")) continue;
      code.dataset.cell = cell.dataset.cell;
      next.after(...check.querySelectorAll(".highlight"));
      cell.remove();
    }
  }

  /** Images load as they come near, except the first; a long alt text becomes a short one and a description. */
  function finishFigures() {
    for (const figure of article.querySelectorAll<HTMLElement>("figure[data-figure]")) {
      const { alt, plotly } = figures[figure.dataset.figure!];
      figure.dataset.plotly = plotly;
      const image = figure.querySelector("img")!;
      // Their place is kept until they have loaded, as an image's is.
      for (const source of figure.querySelectorAll('source[srcset*="-narrow"]')) {
        source.setAttribute("width", String(narrow));
        source.setAttribute("height", image.getAttribute("height")!);
      }
      if (image.alt === alt) continue;
      const description = Object.assign(document.createElement("details"), { className: "description" });
      const number = figure.querySelector(".number")!.textContent.replace("Figure", "figure");
      description.append(
        Object.assign(document.createElement("summary"), { textContent: `What ${number} shows` }),
        Object.assign(document.createElement("p"), { textContent: image.alt }),
      );
      image.alt = alt;
      figure.append(description);
    }
    [...article.querySelectorAll("img")].slice(1).forEach((image) => (image.loading = "lazy"));
  }

  function finishTables() {
    for (const table of article.querySelectorAll("table")) {
      for (const { firstChild: text } of table.querySelectorAll("td"))
        // "held" stays beside its mark.
        if (text instanceof Text) text.data = text.data.replace(/^([✓✗]) /, "$1\u00a0");
      for (const head of table.querySelectorAll("th")) head.scope = head.closest("thead") ? "col" : "row";
      const frame = Object.assign(document.createElement("div"), { className: "table" });
      table.replaceWith(frame);
      frame.append(table);
    }
  }

  function finishHeadings(): Heading[] {
    return [...article.querySelectorAll("h1, h2, h3")].map((heading) => {
      const given = heading.querySelector(".anchor-link");
      given?.remove();
      const entry = { level: Number(heading.tagName[1]), id: heading.id, html: heading.innerHTML };
      if (given) heading.append(permalink(heading.id, heading.textContent ?? ""));
      return entry;
    });
  }

  function passages(): Passage[] {
    const found: Passage[] = [];
    let current: Passage | undefined;
    for (const element of article.querySelectorAll("h1, h2, h3, .prose > :not(h1, h2, h3, .highlight), figcaption")) {
      if (/^H\d$/.test(element.tagName)) found.push((current = { title: plain(element), id: element.id, text: "" }));
      else if (element.tagName === "FIGCAPTION") {
        const [title, text] = [plain(element.firstElementChild!), plain(element)];
        found.push({ title, id: element.closest("figure")!.id, text: text.slice(title.length).trim() });
      } else if (current) current.text = `${current.text} ${plain(element)}`.trim();
    }
    return found;
  }

  /** The text as it is read: of an equation without its source. */
  function plain(element: Element): string {
    const copy = element.cloneNode(true) as Element;
    for (const link of copy.querySelectorAll(".anchor-link")) link.remove();
    for (const equation of copy.querySelectorAll(".katex"))
      equation.replaceWith(equation.querySelector("semantics > :first-child")?.textContent ?? "");
    for (const cell of copy.querySelectorAll("td, th, li")) cell.append(" ");
    return (copy.textContent ?? "").replace(/\s+/g, " ").trim();
  }
}
