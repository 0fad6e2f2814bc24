// What a page can do beyond being read: figures come alive as they come near, code can be copied, frames can be played,
// the contents show where one is. Without this script each figure is its image, and nothing is missing from the text.

interface PageFigure {
  data: Plotly.Data[];
  layout: Partial<Plotly.Layout>;
  frames?: Plotly.Frame[];
}

/** From dark.js. */
declare function inTheDark<T>(figure: T): T;

/** Data and layout of each figure, put here by figures/<id>.js. */
const figures: Record<string, PageFigure> = {};

const dark = matchMedia("(prefers-color-scheme: dark)");

/** On a phone a figure keeps its height, and its texts their size; the template has images that are drawn so. */
const phone = matchMedia("(max-width: 480px)");

/** Where a finger on a figure scrolls the page. */
const touch = matchMedia("(pointer: coarse)");

/** Where there is less room, but not as little, a figure is drawn this wide and scaled down. */
const MIN_WIDTH = 560; // pixels

const RESIZE_MS = 200; // after the last change of the window's size
const FRAME_MS = 250;
const COPIED_MS = 1500;
const IDLE_MS = 500; // at most, until a figure in view is drawn although there is other work

const scripts = new Map<string, Promise<unknown>>();
function load(source: string): Promise<unknown> {
  if (!scripts.has(source))
    scripts.set(
      source,
      new Promise((resolve, reject) => {
        const fail = () => {
          scripts.delete(source); // the next figure tries once more
          reject(new Error(`${source} could not be loaded`));
        };
        document.head.append(
          Object.assign(document.createElement("script"), { src: source, onload: resolve, onerror: fail }),
        );
      }),
    );
  return scripts.get(source)!;
}

/** Parts of plotly.js, by file. Each calls itself Plotly, and only the one that drew a figure knows how to change it. */
const libraries = new Map<string, Promise<typeof Plotly>>();
function loadPlotly(file: string): Promise<typeof Plotly> {
  if (!libraries.has(file)) {
    const library = load(file).then(() => Plotly);
    library.catch(() => libraries.delete(file));
    libraries.set(file, library);
  }
  return libraries.get(file)!;
}

/** What drew a plot. */
const drawnBy = new WeakMap<Element, typeof Plotly>();

const idle = () =>
  new Promise<void>((resolve) => {
    if ("requestIdleCallback" in window) requestIdleCallback(() => resolve(), { timeout: IDLE_MS });
    else setTimeout(resolve);
  });

/** The small part of plotly.js, which draws nearly all figures. What others need is only loaded for those in view. */
const SMALL = "plotly-basic.min.js";

const near = new Set<Element>();
const nearby = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      const figure = target as HTMLElement;
      if (isIntersecting) {
        near.add(figure);
        if (figure.dataset.plotly === SMALL) enliven(figure).catch(console.error);
      } else {
        near.delete(figure);
        rest(figure);
      }
    }
  },
  { rootMargin: "600px 0px" },
);
const inView = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries)
    if (isIntersecting) enliven(target as HTMLElement).catch(console.error);
});
for (const figure of document.querySelectorAll<HTMLElement>("figure[data-figure]")) {
  nearby.observe(figure);
  if (figure.dataset.plotly === SMALL) continue;
  if (touch.matches) offerTurning(figure);
  else inView.observe(figure);
}
// Reading it in takes a phone half a second: better once the page stands than when a figure comes near.
if (document.querySelector(`figure[data-plotly="${SMALL}"]`))
  addEventListener("load", () => void idle().then(() => loadPlotly(SMALL).catch(console.error)));

/** A figure in 3D takes a phone seconds, and no finger could scroll past it: it is its image until somebody asks. */
function offerTurning(figure: HTMLElement): void {
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: "Turn it" });
  button.addEventListener("click", () => void enliven(figure).catch(console.error));
  figure.querySelector(".stage")!.append(button);
}

// One figure after the other, and only when there is nothing else to do, so that scrolling stays smooth.
let queue = Promise.resolve();
function inTurn(work: () => Promise<void> | undefined): void {
  queue = queue.then(idle).then(work).catch(console.error);
}

async function enliven(figure: HTMLElement): Promise<void> {
  const { figure: id, plotly: file } = figure.dataset;
  await Promise.all([loadPlotly(file!), load(`figures/${id}.js`)]);
  inTurn(() => {
    // By now the reader may have scrolled past it.
    if (near.has(figure) && figure.dataset.state !== "live") return draw(figure);
  });
}

async function draw(figure: HTMLElement): Promise<void> {
  const stage = figure.querySelector<HTMLElement>(".stage")!;
  const image = stage.querySelector("img")!;
  const own = figures[figure.dataset.figure!];
  const { data, layout, frames = [] } = dark.matches ? inTheDark(own) : structuredClone(own);
  if (phone.matches) Object.assign(layout, (layout.meta as { narrow?: object } | undefined)?.narrow);
  const library = await loadPlotly(figure.dataset.plotly!);
  const player = figure.querySelector(".player");
  if (player) {
    // A native slider can be reached by keyboard, Plotly's cannot.
    if (!players.has(player)) players.set(player, connect(player, figure, layout.sliders![0]));
    delete layout.sliders;
    delete layout.updatemenus;
  }

  let plot = stage.querySelector<HTMLElement>(".plot");
  if (plot) clear(plot);
  else {
    plot = Object.assign(document.createElement("div"), { className: "plot", role: "img", ariaLabel: image.alt });
    stage.append(plot);
  }
  const size = sizeIn(stage, image);
  if (touch.matches) {
    layout.dragmode = false;
    if (layout.scene) layout.scene.dragmode = "turntable";
  }
  const config = { displayModeBar: false, scrollZoom: false }; // the wheel scrolls the page
  drawnBy.set(plot, library);
  await library.newPlot(plot, data, { ...layout, ...size }, config);
  if (frames.length > 0) await library.addFrames(plot, frames);
  fit(stage, plot, size.width);
  if (player) players.get(player)!();
  figure.dataset.state = "live";
}

/** A page holds at most sixteen WebGL contexts: a figure in 3D gives its own back when it is far away. */
function rest(figure: HTMLElement): void {
  if (figure.dataset.state !== "live" || !figures[figure.dataset.figure!].layout.scene) return;
  const plot = figure.querySelector<HTMLElement>(".plot")!;
  clear(plot);
  plot.remove();
  figure.dataset.state = "static";
}

function clear(plot: HTMLElement): void {
  const canvases = [...plot.querySelectorAll<HTMLCanvasElement>(".gl-container canvas")];
  drawnBy.get(plot)?.purge(plot);
  // Otherwise the browser counts their contexts until it collects garbage, and takes one from a figure in view.
  for (const canvas of canvases) canvas.getContext("webgl")?.getExtension("WEBGL_lose_context")?.loseContext();
}

function sizeIn(stage: Element, image: Element): { width: number; height: number } {
  const [width, height] = ["width", "height"].map((name) => Number(image.getAttribute(name)));
  if (phone.matches) return { width: stage.clientWidth, height };
  const drawn = Math.min(width, Math.max(MIN_WIDTH, stage.clientWidth));
  return { width: drawn, height: Math.round((height * drawn) / width) };
}

function fit(stage: Element, plot: HTMLElement, width: number): void {
  plot.style.transform = stage.clientWidth < width ? `scale(${stage.clientWidth / width})` : "";
}

function redraw(): void {
  for (const figure of document.querySelectorAll<HTMLElement>('figure[data-state="live"]')) inTurn(() => draw(figure));
}
dark.addEventListener("change", redraw);
let resized: number | undefined;
addEventListener("resize", () => {
  clearTimeout(resized);
  resized = setTimeout(redraw, RESIZE_MS);
});

/** Of each player that works: shows what its slider says. */
const players = new Map<Element, () => void>();

/**
 * Lets the slider and the button of a figure move its frames.
 * @returns what shows the frame that the slider stands on, after the figure was drawn
 */
function connect(player: Element, figure: Element, slider: Plotly.Slider): () => void {
  const button = player.querySelector("button")!;
  const range = player.querySelector("input")!;
  const value = player.querySelector(".value")!;
  const steps = (slider.steps ?? []).map(({ label, args }) => ({ label, frames: args?.[0] as string[] }));
  const last = steps.length - 1;
  const first = Number(range.value);
  const name = range.ariaValueText!.slice(0, -String(steps[first].label).length);

  let timer: number | undefined;
  const go = (position: number) => {
    range.value = String(position);
    const { label, frames } = steps[position];
    value.textContent = range.ariaValueText = name + label;
    const plot = figure.querySelector<HTMLElement>(".plot");
    const options = { mode: "immediate", frame: { duration: 0 }, transition: { duration: 0 } } as const;
    if (plot) drawnBy.get(plot)!.animate(plot, frames, options).catch(console.error);
  };
  const press = (word: "Play" | "Pause") => {
    button.textContent = word;
    button.ariaLabel = button.ariaLabel!.replace(/^\w+/, word);
  };
  const stop = () => {
    clearInterval(timer);
    timer = undefined;
    press("Play");
  };
  range.addEventListener("input", () => {
    stop();
    go(Number(range.value));
  });
  button.addEventListener("click", () => {
    if (timer) return stop();
    if (Number(range.value) === last) go(0);
    press("Pause");
    timer = setInterval(() => (Number(range.value) < last ? go(Number(range.value) + 1) : stop()), FRAME_MS);
  });
  button.disabled = range.disabled = false;
  return () => {
    if (Number(range.value) !== first) go(Number(range.value));
  };
}

for (const code of document.querySelectorAll("main .highlight")) {
  const cell = code.closest<HTMLElement>("[data-cell]")?.dataset.cell;
  const button = Object.assign(document.createElement("button"), {
    type: "button",
    className: "copy",
    textContent: "Copy",
  });
  const label = `Copy ${code.closest(".output") ? "listing" : "code"}${cell ? ` of cell ${cell}` : ""}`;
  button.ariaLabel = label;
  const copy = async () => {
    await navigator.clipboard.writeText(code.querySelector("pre")!.textContent.trimEnd());
    button.textContent = button.ariaLabel = "Copied";
    setTimeout(() => {
      button.textContent = "Copy";
      button.ariaLabel = label;
    }, COPIED_MS);
  };
  button.addEventListener("click", () => void copy());
  code.append(button);
}

// What scrolls sideways can be scrolled by keyboard too.
for (const wide of document.querySelectorAll<HTMLElement>(".table, .katex-display"))
  if (wide.scrollWidth > wide.clientWidth) wide.tabIndex = 0;

// The place in the contents: the last heading that has come to the top, or at the page's end into view.
const TOP = 100; // pixels
const places = [...document.querySelectorAll<HTMLAnchorElement>('.contents a[href^="#"]')].map((link) => ({
  link,
  heading: document.getElementById(decodeURIComponent(link.hash.slice(1)))!,
}));
function markPlace(): void {
  const atEnd = scrollY + innerHeight > document.documentElement.scrollHeight - 2;
  const line = atEnd ? innerHeight : TOP;
  const above = places.filter(({ heading }) => heading.getBoundingClientRect().top < line);
  const current = above.at(-1)?.heading;
  for (const { link, heading } of places) {
    if (heading === current) link.setAttribute("aria-current", "location");
    else link.removeAttribute("aria-current");
  }
  const nav = document.querySelector("nav.contents");
  const marked = nav?.querySelector<HTMLElement>('[aria-current="location"]');
  if (!nav || !marked) return;
  const [outer, inner] = [nav.getBoundingClientRect(), marked.getBoundingClientRect()];
  if (inner.top < outer.top || inner.bottom > outer.bottom) nav.scrollTop += inner.top - outer.top - outer.height / 3;
}
let marking: number | undefined;
addEventListener(
  "scroll",
  () => {
    marking ??= requestAnimationFrame(() => {
      marking = undefined;
      markPlace();
    });
  },
  { passive: true },
);
markPlace();

// Paper shows all images and solutions. Browsers do not always wait for an image that is only asked for when printing
// begins, so where there may be a printer all are loaded once there is nothing else to do.
function loadImages(): void {
  for (const image of document.images) image.loading = "eager";
}
if (matchMedia("(pointer: fine)").matches) addEventListener("load", () => void idle().then(loadImages));
addEventListener("beforeprint", () => {
  loadImages();
  for (const details of document.querySelectorAll<HTMLDetailsElement>("details.solution")) details.open = true;
});
