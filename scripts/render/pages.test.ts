// The pages as a reader meets them: rendered from the committed notebooks and opened in real Chromium.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import test, { after, before } from "node:test";
import { AxeBuilder } from "@axe-core/playwright";
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";
import { launchOptions } from "#setup/chromium.mjs";
import { root } from "#setup/clone.mjs";
import { outputsOf, readNotebook } from "../notebook-format.js";
import { renderNotebooks } from "./render-notebooks.js";
import { serveFolder, type Server } from "./server.js";

const temporary = mkdtempSync(join(tmpdir(), "pages-test-"));
const notebooks = join(temporary, "notebooks");
const site = join(temporary, "site");
cpSync(join(root, "notebooks"), notebooks, { recursive: true });
const sections = readdirSync(notebooks)
  .filter((name) => name.endsWith(".ipynb"))
  .map((name) => name.replace(".ipynb", ".html"))
  .sort();
const pages = ["index.html", ...sections];

const TIMEOUT_MS = 60_000; // for one figure to come alive

// The first notebook gets a text that mentions all kinds of things.
const [first] = sections;
const firstNotebook = join(notebooks, first.replace(".html", ".ipynb"));
const content = readNotebook(firstNotebook);
const seeds = outputsOf(content).find(({ metadata }) => metadata?.figure?.id === "6-9-seeds")!.metadata!.figure!;
const text = `See Figure ${seeds.number}, sections 6.2 and 6.4, (6.3), and 6.5.1; not 6.2 or (6.99).`;
content.cells.push({ cell_type: "markdown", id: "mentions", metadata: {}, source: text });
writeFileSync(firstNotebook, JSON.stringify(content));

let browser: Browser;
let server: Server;

before(async () => {
  await renderNotebooks(notebooks, site);
  browser = await chromium.launch(await launchOptions());
  server = await serveFolder(site, 0);
});
after(async () => {
  await browser?.close();
  server?.close();
  rmSync(temporary, { recursive: true, force: true });
});

/** Opens a page and notes what must not happen. */
async function open(name: string, options?: BrowserContextOptions) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const troubles: string[] = [];
  page.on("console", (message) => message.type() === "error" && troubles.push(message.text()));
  page.on("pageerror", (error) => troubles.push(error.message));
  page.on(
    "response",
    (response) => response.status() >= 400 && troubles.push(`${response.status()} ${response.url()}`),
  );
  page.on("request", (request) => {
    if (!request.url().startsWith(server.url) && !/^(data|blob):/.test(request.url()))
      troubles.push(`asks for ${request.url()}`);
  });
  let bytes = 0;
  page.on("response", (response) => {
    if (!/plotly[\w-]*\.min\.js$/.test(response.url())) bytes += Number(response.headers()["content-length"]);
  });
  await page.goto(server.url + name);
  return { page, troubles, bytes: () => bytes, close: () => context.close() };
}

/** Unfolds everything, scrolls to each figure, presses its button if it has one, and waits until it is live. */
async function enlivenAll(page: Page) {
  await page.evaluate(() => document.querySelectorAll("details").forEach((details) => (details.open = true)));
  const figures = await page.locator("figure[data-figure]").all();
  for (const figure of figures) {
    await figure.scrollIntoViewIfNeeded();
    for (const button of await figure.locator(".stage > button").all()) await button.click();
    await figure.and(page.locator('[data-state="live"]')).waitFor({ timeout: TIMEOUT_MS });
  }
  return figures;
}

for (const name of pages) {
  test(`${name}: every figure comes alive with all its traces in view; axe finds nothing serious, light or dark; under 3 MB`, async () => {
    const { page, troubles, bytes, close } = await open(name, { colorScheme: "light", reducedMotion: "reduce" });
    const figures = await enlivenAll(page);
    for (const figure of figures) {
      await figure.scrollIntoViewIfNeeded();
      const id = await figure.getAttribute("data-figure");
      await figure.and(page.locator('[data-state="live"]')).waitFor({ timeout: TIMEOUT_MS }); // again, where it is in 3D
      assert.deepEqual(
        await figure.locator(".plot").evaluate(unseenTraces),
        [],
        `traces of figure ${id} without a mark in view`,
      );
    }
    assert.ok(bytes() > 0 && bytes() < 3e6, `${bytes()} bytes beside Plotly`);
    assert.deepEqual(await seriousFaults(page), []);
    await page.emulateMedia({ colorScheme: "dark" });
    await page.waitForFunction(() => {
      const dark = getComputedStyle(document.body).backgroundColor;
      const papers = [...document.querySelectorAll('figure[data-state="live"] .plot .main-svg:first-child')];
      return papers.every((paper) => getComputedStyle(paper).backgroundColor === dark);
    });
    assert.deepEqual(await seriousFaults(page), []);
    assert.deepEqual(troubles, []);
    await close();
  });
}

async function seriousFaults(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  return serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
}

/** What Plotly itself knows of a figure. */
interface PlotElement extends HTMLElement {
  _transitionData: { _frames: { name: string }[] };
  _fullData: FullTrace[];
  _fullLayout: Record<string, { _scene: { toImage(format: "png"): string; getCamera(): { eye: { x: number } } } }>;
}

interface FullTrace {
  index: number;
  name: string;
  type: string;
  visible: boolean | "legendonly";
  /** The name of the scene that a trace in 3D is in. */
  scene?: string;
}

interface PlotGroup extends SVGGElement {
  __data__?: { trace?: { index: number } }[];
}

/** The page's: the part of plotly.js that drew a figure. */
declare const drawnBy: WeakMap<Element, typeof Plotly>;

/**
 * Runs in the browser: the traces of a figure that put no mark on the page. A trace that a frame is to fill is looked
 * at in the last frame.
 */
async function unseenTraces(element: Element): Promise<string[]> {
  const plot = element as PlotElement;
  const Plotly = drawnBy.get(plot)!;
  const frames = plot._transitionData._frames;
  if (frames.length > 0)
    await Plotly.animate(plot, [frames[frames.length - 1].name], {
      mode: "immediate",
      frame: { duration: 0 },
      transition: { duration: 0 },
    });
  const area = plot.getBoundingClientRect();
  const unseen: string[] = [];
  for (const trace of plot._fullData) {
    if (trace.visible === "legendonly") continue;
    const seen = trace.visible && (trace.scene ? await changesPixels(trace) : marks(trace).some(inView));
    if (!seen) unseen.push(`${trace.index} ${trace.name} (${trace.type})`);
  }
  return unseen;

  function marks(trace: FullTrace): Element[] {
    const groups = [...plot.querySelectorAll<PlotGroup>("svg g")].filter(
      ({ __data__: bound }) => bound?.[0]?.trace?.index === trace.index,
    );
    return groups.flatMap((group) => [...group.querySelectorAll("path, image, text, rect, circle")]);
  }
  function inView(mark: Element): boolean {
    const { left, right, top, bottom, width, height } = mark.getBoundingClientRect();
    return (
      Math.max(width, height) > 0.5 && right > area.left && left < area.right && bottom > area.top && top < area.bottom
    );
  }
  /** Marks in 3D are pixels: some must change when the trace is taken away. */
  async function changesPixels({ index, scene }: FullTrace): Promise<boolean> {
    const picture = () => plot._fullLayout[scene!]._scene.toImage("png");
    const shown = picture();
    await Plotly.restyle(plot, { visible: false }, [index]);
    const hidden = picture();
    await Plotly.restyle(plot, { visible: true }, [index]);
    return shown !== hidden;
  }
}

test("with more figures in 3D on a page than a browser has WebGL contexts, those near the reader are live and none loses its WebGL context", async () => {
  const three = sections.find((name) => readFileSync(join(site, name), "utf8").includes('id="figure-6-1"'));
  assert.ok(three, "figure 6-1, a surface, is on no page");
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  // When a browser tidies its memory up is its own affair: here never, so a canvas that is only forgotten keeps its
  // context.
  await context.addInitScript(() => {
    const { prototype } = HTMLCanvasElement;
    const { getContext } = prototype;
    const canvases: HTMLCanvasElement[] = [];
    prototype.getContext = function (this: HTMLCanvasElement, ...args: unknown[]) {
      canvases.push(this);
      return Reflect.apply(getContext, this, args);
    } as typeof getContext;
  });
  const page = await context.newPage();
  const warnings: string[] = [];
  page.on("console", (message) => /webgl|context/i.test(message.text()) && warnings.push(message.text()));
  await page.route(`**/${three}`, async (route) => {
    const response = await route.fetch();
    await route.fulfill({
      response,
      body: (await response.text()).replace(/<figure [^>]*data-figure="6-1"[\s\S]*?<\/figure>/, (figure) =>
        figure.repeat(18),
      ),
    });
  });
  await page.goto(server.url + three);
  const figures = await page.locator('figure[data-figure="6-1"]').all();
  assert.equal(figures.length, 18);
  let most = 0;
  for (const figure of [...figures, figures[0]]) {
    await figure.scrollIntoViewIfNeeded();
    await figure.and(page.locator('[data-state="live"]')).waitFor({ timeout: TIMEOUT_MS });
    most = Math.max(most, await page.locator(".gl-container canvas").count());
    const lost = await figure
      .locator(".gl-container canvas")
      .first()
      .evaluate((canvas) => (canvas as HTMLCanvasElement).getContext("webgl")?.isContextLost());
    assert.notEqual(lost, true);
  }
  assert.ok(most <= 12, `${most} canvases at once`);
  // Figures in view are drawn again when the reader's colours change.
  for (let change = 1; change <= 10; change++) {
    const shown = await figures[0].locator(".gl-container canvas").first().elementHandle();
    await page.emulateMedia({ colorScheme: change % 2 ? "dark" : "light" });
    await page.waitForFunction((canvas) => !canvas?.isConnected, shown, { timeout: TIMEOUT_MS });
    await figures[0].locator(".gl-container canvas").first().waitFor({ timeout: TIMEOUT_MS });
  }
  assert.deepEqual(
    warnings.filter((text) => !text.includes("getContext")),
    [],
  );
  await context.close();
});

for (const name of pages) {
  test(`${name}: without JavaScript every figure is its image, with alt text`, async () => {
    const { page, troubles, close } = await open(name, { javaScriptEnabled: false });
    const images = await page.locator(":is(figure, .gallery) picture img").all();
    if (name !== "index.html") assert.ok(images.length > 0);
    for (const image of images) {
      await image.scrollIntoViewIfNeeded();
      assert.ok((await image.getAttribute("alt"))?.trim(), "an image without alt text");
      await image.evaluate((element) => (element as HTMLImageElement).decode());
      assert.ok(await image.isVisible());
    }
    assert.deepEqual(troubles, []);
    await close();
  });

  test(`${name}: 390 pixels are wide enough`, async () => {
    const { page, troubles, close } = await open(name, {
      viewport: { width: 390, height: 844 },
      isMobile: true,
      hasTouch: true,
    });
    await enlivenAll(page);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
    assert.deepEqual(troubles, []);
    await close();
  });

  test(`${name}: readable within a second on a slow machine`, async () => {
    // The fastest of a few: other tests run beside this one.
    const times: number[] = [];
    while (times.length < 5 && !(Math.min(...times) < 1000)) times.push(await firstText(name));
    assert.ok(Math.min(...times) < 1000, `first text after ${times.join(", ")} ms`);
  });
}

/** When a processor a fourth as fast shows a page's first text, in milliseconds. */
async function firstText(name: string): Promise<number> {
  const page = await browser.newPage();
  const session = await page.context().newCDPSession(page);
  await session.send("Emulation.setCPUThrottlingRate", { rate: 4 });
  await page.goto(server.url + name);
  const time = await page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        const observer = new PerformanceObserver((list) =>
          list.getEntriesByName("first-contentful-paint").forEach(({ startTime }) => resolve(startTime)),
        );
        observer.observe({ type: "paint", buffered: true });
      }),
  );
  await page.close();
  return time;
}

test("links lead somewhere", async () => {
  for (const name of [...pages, "404.html"]) {
    const { page, close } = await open(name);
    const links = await page
      .locator("a[href]")
      .evaluateAll((all) => all.map((link) => (link as HTMLAnchorElement).href));
    for (const link of new Set(links)) {
      if (!link.startsWith(server.url)) continue;
      const { pathname, hash } = new URL(link);
      const file = join(site, pathname);
      assert.ok(statSync(file, { throwIfNoEntry: false })?.isFile(), `${name} links to ${pathname}`);
      if (hash)
        assert.ok(
          readFileSync(file, "utf8").includes(`id="${decodeURIComponent(hash.slice(1))}"`),
          `${name} links to ${pathname}${hash}`,
        );
    }
    await close();
  }
});

test("a name of the library in a cell leads to its documentation", () => {
  const linked = sections.filter((name) =>
    /class="highlight[\s\S]*?<a href="api\/(classes|functions)\//.test(readFileSync(join(site, name), "utf8")),
  );
  assert.deepEqual(linked, sections);
});

test("in the library's documentation, equations of several lines keep them", () => {
  const adam = readFileSync(join(site, "api/classes/Adam.html"), "utf8");
  assert.match(adam, /<p><code>m ← [^\n]*<br>\n<code>v ← [^\n]*<br>\n<code>W ← /);
});

test("each notebook is under 2 MB", () => {
  for (const name of readdirSync(notebooks)) assert.ok(statSync(join(notebooks, name)).size < 2e6, name);
});

test("every page says what it is, to search engines and where a link to it is shared", async () => {
  for (const name of pages) {
    const { page, close } = await open(name);
    const content = (selector: string) => page.locator(`meta[${selector}]`).getAttribute("content");
    assert.match(await page.title(), /Training Techniques$/);
    assert.ok((await content('name="description"'))!.length > 30, name);
    for (const property of ["og:title", "og:description"])
      assert.ok(await content(`property="${property}"`), `${name}: ${property}`);
    assert.equal(await content('name="twitter:card"'), "summary_large_image");
    const picture = readFileSync(join(site, (await content('property="og:image"'))!));
    assert.deepEqual([...picture.subarray(0, 3)], [0xff, 0xd8, 0xff], "a JPEG");
    const icon = await page.locator('link[rel="icon"]').getAttribute("href");
    assert.ok(statSync(join(site, icon!)).size > 0);
    await close();
  }
});

test("where there is no page, one says so and leads on", async () => {
  const page = await browser.newPage();
  const response = await page.goto(`${server.url}api/classes/None.html`);
  assert.equal(response!.status(), 404);
  await page.locator("main a").first().click();
  await page.waitForURL(server.url + first);
  await page.close();
});

test("a search finds headings, captions, text and names of the library, from a server and from disk, by keyboard", async () => {
  for (const address of [server.url, `${pathToFileURL(site).href}/`]) {
    const page = await browser.newPage();
    await page.goto(address + sections[1]);
    await page.keyboard.press("/");
    const found = async (words: string) => {
      await page.locator("dialog input").fill(words);
      await page.locator("dialog li").first().waitFor();
      return page.locator("dialog li a").evaluateAll((all) => all.map((link) => link.getAttribute("href")));
    };
    assert.ok((await found("adagrad")).includes("api/classes/AdaGrad.html"));
    assert.ok((await found(`figure ${seeds.number}`)).includes(`${first}#figure-6-9-seeds`));
    assert.match((await found("ADAGRAD learning"))[0]!, /#6\.1\.5/);
    await page.keyboard.press("ArrowDown");
    assert.equal(await page.evaluate(() => document.activeElement?.matches("dialog li:first-child a")), true);
    await page.keyboard.press("Enter");
    await page.waitForURL(/#6\.1\.5/);
    await page.keyboard.press("/");
    await page.locator("dialog input").fill("adagrad qwxyz");
    await page.getByText("No results").waitFor();
    await page.keyboard.press("Escape");
    assert.equal(await page.locator("dialog").isVisible(), false);
    await page.close();
  }
});

test("the contents have all sections, and mark the page and the heading that one is at", async () => {
  const { page, close } = await open(first, { reducedMotion: "reduce" });
  const nav = page.locator("nav.contents");
  for (const name of sections) assert.equal(await nav.locator(`a[href="${name}"]`).count(), 1, name);
  assert.equal(await nav.locator('[aria-current="page"]').getAttribute("href"), first);
  const headings = await page.locator("main h2").all();
  for (const heading of [headings[3], headings.at(-1)!, headings[1]]) {
    await heading.evaluate((element) => element.scrollIntoView());
    const id = await heading.getAttribute("id");
    await nav.locator(`[aria-current="location"][href="#${id}"]`).waitFor();
    assert.equal(await nav.locator('[aria-current="location"]').count(), 1);
  }
  await close();
});

test("mentions of figures, sections and equations lead to them, and each numbered equation has a link", async () => {
  const { page, close } = await open(first);
  const links = page.locator(".prose").last().locator("a");
  assert.deepEqual(await links.evaluateAll((all) => all.map((link) => [link.textContent, link.getAttribute("href")])), [
    [`Figure ${seeds.number}`, `${first}#figure-6-9-seeds`],
    ["6.2", sections[1]],
    ["6.4", sections[3]],
    ["(6.3)", `${first}#eq-6.3`],
    ["6.5.1", `${sections[4]}#6.5.1-Validation-data`],
  ]);
  const equations = page.locator(".equation");
  assert.ok((await equations.count()) >= 6);
  for (const equation of await equations.all()) {
    const id = await equation.getAttribute("id");
    assert.match(
      await equation.getByRole("link").getAttribute("aria-label").then(String),
      /^Link to: equation \(6\.\d\)$/,
    );
    assert.equal(await equation.getByRole("link").getAttribute("href"), `#${id}`);
  }
  assert.equal(await page.locator("#figure-6-9-seeds .number").textContent(), `Figure ${seeds.number}`);
  await close();
});

test("images after the first wait until they are near; on a phone figures in 3D wait to be asked, and can be turned", async () => {
  const parts: string[] = [];
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
  const page = await context.newPage();
  page.on("request", (request) => parts.push(...(/plotly[\w-]*\.min\.js$/.exec(request.url()) ?? [])));
  await page.goto(server.url + first);
  const lazy = await page.locator("main img").evaluateAll((all) => all.map((image) => image.getAttribute("loading")));
  assert.deepEqual(lazy, [null, ...Array.from({ length: lazy.length - 1 }, () => "lazy")]);
  const plain = page.locator('figure[data-plotly="plotly-basic.min.js"]').first();
  const other = page.locator('figure:not([data-plotly="plotly-basic.min.js"])').first();
  await plain.scrollIntoViewIfNeeded();
  await plain.and(page.locator('[data-state="live"]')).waitFor({ timeout: TIMEOUT_MS });
  assert.equal(parts[0], "plotly-basic.min.js");
  await other.scrollIntoViewIfNeeded();
  assert.deepEqual(parts, ["plotly-basic.min.js"]);
  const angle = () =>
    other.locator(".plot").evaluate((plot) => (plot as PlotElement)._fullLayout.scene._scene.getCamera().eye.x);
  await other.getByRole("button", { name: "Turn it" }).tap();
  await other.and(page.locator('[data-state="live"]')).waitFor({ timeout: TIMEOUT_MS });
  assert.ok(!(await other.getByRole("button", { name: "Turn it" }).isVisible()));
  const before = await angle();
  const { x, y, width } = (await other.locator(".gl-container").boundingBox())!;
  const session = await context.newCDPSession(page);
  const touchAt = (type: "touchStart" | "touchMove" | "touchEnd", at: number[]) =>
    session.send("Input.dispatchTouchEvent", { type, touchPoints: at.map((x) => ({ x, y: y + 150 })) });
  await touchAt("touchStart", [x + width / 3]);
  for (let step = 1; step <= 5; step++) await touchAt("touchMove", [x + width / 3 + 10 * step]);
  await touchAt("touchEnd", []);
  await page.waitForTimeout(500);
  assert.notEqual(await angle(), before);
  await context.close();
});

test("buttons and sliders have names of their own, and a player's place is kept before its figure lives", async () => {
  const { page, close } = await open(first, { javaScriptEnabled: false });
  const ranges = page.locator(".player input");
  assert.ok((await ranges.count()) > 0);
  for (const range of await ranges.all()) {
    assert.ok(await range.isDisabled());
    assert.match((await range.getAttribute("aria-valuetext"))!, /^\w+ .+/);
  }
  await close();
  const alive = await open(first);
  const figure = alive.page.locator("figure", { has: alive.page.locator(".player") }).first();
  await figure.scrollIntoViewIfNeeded();
  const before = await figure.boundingBox();
  const range = figure.locator("input:enabled");
  await range.waitFor({ timeout: TIMEOUT_MS });
  assert.equal((await figure.boundingBox())!.height, before!.height);
  await range.press("Home");
  await range.press("ArrowRight");
  assert.equal(await range.getAttribute("aria-valuetext"), await figure.locator(".value").textContent());
  const names = await alive.page
    .locator("[data-cell] button")
    .evaluateAll((all) => all.map((button) => button.getAttribute("aria-label")));
  assert.ok(
    names.every((name) => /^(Copy (code|listing) of cell \d+|Play figure 6-\w+)$/.test(name ?? "")),
    names.join(),
  );
  assert.equal(new Set(names).size, names.length);
  assert.deepEqual(alive.troubles, []);
  await alive.close();
});

test("a page's notebook can be downloaded from it, as it is", async () => {
  for (const name of sections) {
    const { page, close } = await open(name);
    const notebook = (await page.locator("a[download]").getAttribute("href"))!;
    assert.deepEqual(
      readFileSync(join(site, notebook)),
      readFileSync(join(notebooks, name.replace(".html", ".ipynb"))),
    );
    await close();
  }
});

test("a check's code is folded above its table; paper leaves out folds and players, and shows solutions", async () => {
  const { page, close } = await open(first);
  const check = page.locator(".cell", { has: page.locator("details.check") }).first();
  assert.equal(await check.locator(".check .highlight").first().isVisible(), false);
  assert.ok(await check.locator("table").first().isVisible());
  await check.locator("summary").click();
  assert.ok(await check.locator(".check .highlight").first().isVisible());

  await page.emulateMedia({ media: "print" });
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  const seen = async (selector: string) => {
    const all = await page.locator(selector).all();
    assert.ok(all.length > 0, selector);
    return new Set(await Promise.all(all.map((one) => one.isVisible())));
  };
  for (const hidden of [".listing > .highlight", "details.check", ".player", ".copy", ".turn", ".source"])
    assert.deepEqual(await seen(hidden), new Set([false]), hidden);
  for (const shown of [".listing .output .highlight", "details.solution .highlight", "figure img", ".cell table"])
    assert.deepEqual(await seen(shown), new Set([true]), shown);
  await close();
});

test("the reference has the sections of the library's index, an introduction and ways back to the chapter", () => {
  const index = readFileSync(join(site, "api/index.html"), "utf8");
  const titles = [...index.matchAll(/<h2[^>]*>([\s\S]*?)<\/h2>/g)].map(([, title]) =>
    title.replace(/<[^>]*>/g, "").trim(),
  );
  const comments = [...readFileSync(join(root, "lib/index.ts"), "utf8").matchAll(/^\/\/ (.*?)\.?$/gm)];
  assert.deepEqual(
    titles.filter((title) => title !== ""),
    comments.map(([, title]) => title),
  );
  assert.match(index, /What a notebook's cell imports/);
  const adam = readFileSync(join(site, "api/classes/Adam.html"), "utf8");
  assert.match(adam, /<a href="\.\.\/\.\.\/index\.html">/);
  assert.match(adam, /<a href="\.\.\/\.\.\/6\.1-[\w-]*\.html">/);
  for (const file of readdirSync(join(site, "api"), { recursive: true, encoding: "utf8" }))
    if (file.endsWith(".html"))
      assert.ok(!readFileSync(join(site, "api", file), "utf8").includes("__namedParameters"), file);
});

test("rendering twice gives the same files", async () => {
  const first = fingerprints(temporary);
  await renderNotebooks(notebooks, site);
  const second = fingerprints(temporary);
  const files = [...new Set([...Object.keys(first), ...Object.keys(second)])];
  const differing = files.filter((file) => first[file] !== second[file]);
  assert.deepEqual(differing, []);
});

function fingerprints(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
  return Object.fromEntries(
    files
      .filter((file) => statSync(join(folder, file)).isFile())
      .map((file) => [
        file,
        createHash("sha256")
          .update(readFileSync(join(folder, file)))
          .digest("hex"),
      ]),
  );
}
