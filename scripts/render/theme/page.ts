// What a page can do beyond being read: figures come alive as they come near, code can be copied, frames can be played.
// Without this script each figure is its image, and nothing is missing from the text.

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

/** Where there is less room, a figure is drawn this wide and scaled down: fewer pixels, but no crowded axes. */
const MIN_WIDTH = 560; // pixels

const RESIZE_MS = 200; // after the last change of the window's size
const FRAME_MS = 250;
const COPIED_MS = 1500;

const scripts = new Map<string, Promise<unknown>>();
function load(source: string): Promise<unknown> {
  if (!scripts.has(source))
    scripts.set(
      source,
      new Promise((resolve, reject) => {
        const fail = () => reject(new Error(`${source} could not be loaded`));
        document.head.append(
          Object.assign(document.createElement("script"), { src: source, onload: resolve, onerror: fail }),
        );
      }),
    );
  return scripts.get(source)!;
}

// One figure after the other, so that scrolling stays smooth.
let queue = Promise.resolve();
const near = new Set<Element>();
const observer = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      const figure = target as HTMLElement;
      if (isIntersecting) {
        near.add(figure);
        queue = queue.then(() => enliven(figure)).catch(console.error);
      } else {
        near.delete(figure);
        rest(figure);
      }
    }
  },
  { rootMargin: "600px 0px" },
);
for (const figure of document.querySelectorAll("figure[data-figure]")) observer.observe(figure);

async function enliven(figure: HTMLElement): Promise<void> {
  if (figure.dataset.state === "live") return;
  await Promise.all([load("plotly.min.js"), load(`figures/${figure.dataset.figure}.js`)]);
  if (!near.has(figure)) return; // the reader has scrolled past it
  await draw(figure);
}

async function draw(figure: HTMLElement): Promise<void> {
  const stage = figure.querySelector<HTMLElement>(".stage")!;
  const image = stage.querySelector("img")!;
  const own = figures[figure.dataset.figure!];
  const { data, layout, frames = [] } = dark.matches ? inTheDark(own) : structuredClone(own);
  const player = frames.length > 0 && layout.sliders?.[0] && playerOf(figure, layout.sliders[0]);
  if (player) {
    // A native slider can be reached by keyboard, Plotly's cannot.
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
  if (matchMedia("(pointer: coarse)").matches) layout.dragmode = false; // a finger on a figure scrolls the page
  const config = { displayModeBar: false, scrollZoom: false }; // the wheel scrolls the page
  await Plotly.newPlot(plot, data, { ...layout, ...size }, config);
  if (frames.length > 0) await Plotly.addFrames(plot, frames);
  fit(stage, plot, size.width);
  if (player && !figure.contains(player)) stage.after(player);
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
  Plotly.purge(plot);
  // Otherwise the browser counts their contexts until it collects garbage, and takes one from a figure in view.
  for (const canvas of canvases) canvas.getContext("webgl")?.getExtension("WEBGL_lose_context")?.loseContext();
}

function sizeIn(stage: Element, image: Element): { width: number; height: number } {
  const [width, height] = ["width", "height"].map((name) => Number(image.getAttribute(name)));
  const drawn = Math.min(width, Math.max(MIN_WIDTH, stage.clientWidth));
  return { width: drawn, height: Math.round((height * drawn) / width) };
}

function fit(stage: Element, plot: HTMLElement, width: number): void {
  plot.style.transform = stage.clientWidth < width ? `scale(${stage.clientWidth / width})` : "";
}

function redraw(): void {
  for (const figure of document.querySelectorAll<HTMLElement>('figure[data-state="live"]'))
    queue = queue.then(() => draw(figure)).catch(console.error);
}
dark.addEventListener("change", redraw);
let resized: number | undefined;
addEventListener("resize", () => {
  clearTimeout(resized);
  resized = setTimeout(redraw, RESIZE_MS);
});

/** A slider over the frames of a figure, and a button that plays them. */
function playerOf(figure: Element, slider: Plotly.Slider): Element {
  const existing = figure.querySelector(".player");
  if (existing) return existing;
  const steps = (slider.steps ?? []).map(({ label, args }) => ({ label, frames: args?.[0] as string[] }));
  const last = steps.length - 1;
  const player = Object.assign(document.createElement("div"), { className: "player" });
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: "Play" });
  const name = (slider.currentvalue?.prefix ?? "frame").replace(/[\s:=]+$/, "");
  const range = Object.assign(document.createElement("input"), {
    type: "range",
    min: "0",
    max: String(last),
    value: String(slider.active ?? 0),
    ariaLabel: name,
  });
  const value = document.createElement("output");
  player.append(button, range, value);

  let timer: number | undefined;
  const go = (position: number) => {
    range.value = String(position);
    const { label, frames } = steps[position];
    value.textContent = `${name} ${label}`;
    range.ariaValueText = value.textContent;
    const plot = figure.querySelector<HTMLElement>(".plot");
    const options = { mode: "immediate", frame: { duration: 0 }, transition: { duration: 0 } } as const;
    if (plot) Plotly.animate(plot, frames, options).catch(console.error);
  };
  const stop = () => {
    clearInterval(timer);
    timer = undefined;
    button.textContent = "Play";
  };
  range.addEventListener("input", () => {
    stop();
    go(Number(range.value));
  });
  button.addEventListener("click", () => {
    if (timer) return stop();
    if (Number(range.value) === last) go(0);
    button.textContent = "Pause";
    timer = setInterval(() => (Number(range.value) < last ? go(Number(range.value) + 1) : stop()), FRAME_MS);
  });
  value.textContent = `${name} ${steps[Number(range.value)].label}`;
  return player;
}

for (const code of document.querySelectorAll(".highlight")) {
  const button = Object.assign(document.createElement("button"), {
    type: "button",
    className: "copy",
    textContent: "Copy",
  });
  const copy = async () => {
    await navigator.clipboard.writeText(code.querySelector("pre")!.textContent.trimEnd());
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), COPIED_MS);
  };
  button.addEventListener("click", () => void copy());
  code.append(button);
}

// What scrolls sideways can be scrolled by keyboard too.
for (const wide of document.querySelectorAll<HTMLElement>(".table, .katex-display"))
  if (wide.scrollWidth > wide.clientWidth) wide.tabIndex = 0;

// On paper nothing can be unfolded.
addEventListener("beforeprint", () => {
  for (const details of document.querySelectorAll<HTMLDetailsElement>("main details")) details.open = true;
});
