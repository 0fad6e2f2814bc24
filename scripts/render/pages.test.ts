// The pages as a reader meets them: rendered from the committed notebooks and opened in real Chromium.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after, before } from "node:test";
import { AxeBuilder } from "@axe-core/playwright";
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";
import { launchOptions } from "#setup/chromium.mjs";
import { root } from "#setup/clone.mjs";
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
    if (!response.url().endsWith("/plotly.min.js")) bytes += Number(response.headers()["content-length"]);
  });
  await page.goto(server.url + name);
  return { page, troubles, bytes: () => bytes, close: () => context.close() };
}

/** Unfolds everything, scrolls to each figure and waits until it is live. */
async function enlivenAll(page: Page) {
  await page.evaluate(() => document.querySelectorAll("details").forEach((details) => (details.open = true)));
  const figures = await page.locator("figure[data-figure]").all();
  for (const figure of figures) {
    await figure.scrollIntoViewIfNeeded();
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
  _fullLayout: Record<string, { _scene: { toImage(format: "png"): string } }>;
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

/**
 * Runs in the browser: the traces of a figure that put no mark on the page. A trace that a frame is to fill is looked
 * at in the last frame.
 */
async function unseenTraces(element: Element): Promise<string[]> {
  const plot = element as PlotElement;
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
    const images = await page.locator("picture img").all();
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
    const page = await browser.newPage();
    const session = await page.context().newCDPSession(page);
    await session.send("Emulation.setCPUThrottlingRate", { rate: 4 });
    await page.goto(server.url + name);
    const firstText = await page.evaluate(
      () =>
        new Promise<number>((resolve) => {
          const observer = new PerformanceObserver((list) =>
            list.getEntriesByName("first-contentful-paint").forEach(({ startTime }) => resolve(startTime)),
          );
          observer.observe({ type: "paint", buffered: true });
        }),
    );
    assert.ok(firstText < 1000, `first text after ${firstText} ms`);
    await page.close();
  });
}

test("links lead somewhere", async () => {
  for (const name of pages) {
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

test("each notebook is under 6 MB", () => {
  for (const name of readdirSync(notebooks)) assert.ok(statSync(join(notebooks, name)).size < 6e6, name);
});

test("rendering twice gives the same files", async () => {
  const first = fingerprints(temporary);
  await renderNotebooks(notebooks, site);
  assert.deepEqual(fingerprints(temporary), first);
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
