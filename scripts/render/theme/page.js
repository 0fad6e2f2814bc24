// What a page does beyond being read: figures come alive when they are near, code can be copied, frames can be played.
// Without this script each figure is its image and nothing is missing from the text.

/** Data and layout of each figure, put here by figures/<id>.js. */
const figures = {};

const dark = matchMedia("(prefers-color-scheme: dark)");

/** Below this width a figure is drawn as wide as this and made smaller: fewer pixels, but no crowded axes. */
const narrowest = 560;

const scripts = new Map();
function load(source) {
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
  return scripts.get(source);
}

// One figure after the other, so that scrolling stays smooth.
let queue = Promise.resolve();
const near = new Set();
const observer = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) {
        near.add(target);
        queue = queue.then(() => enliven(target)).catch(console.error);
      } else {
        near.delete(target);
        rest(target);
      }
    }
  },
  { rootMargin: "600px 0px" },
);
for (const figure of document.querySelectorAll("figure[data-figure]")) observer.observe(figure);

async function enliven(figure) {
  if (figure.dataset.state === "live") return;
  const id = figure.dataset.figure;
  await Promise.all([load("plotly.min.js"), load(`figures/${id}.js`)]);
  if (!near.has(figure)) return; // the reader has scrolled past it
  await draw(figure);
}

async function draw(figure) {
  const stage = figure.querySelector(".stage");
  const image = stage.querySelector("img");
  const {
    data,
    layout,
    frames = [],
  } = dark.matches ? inTheDark(figures[figure.dataset.figure]) : structuredClone(figures[figure.dataset.figure]);
  const player = frames.length > 0 && layout.sliders?.[0] && playerOf(figure, layout.sliders[0]);
  if (player) {
    // A native slider can be reached by keyboard, Plotly's cannot.
    delete layout.sliders;
    delete layout.updatemenus;
  }

  let plot = stage.querySelector(".plot");
  if (plot) clear(plot);
  else {
    plot = Object.assign(document.createElement("div"), { className: "plot", role: "img", ariaLabel: image.alt });
    stage.append(plot);
  }
  const size = sizeIn(stage, image);
  if (matchMedia("(pointer: coarse)").matches) layout.dragmode = false; // a finger on a figure scrolls the page
  await Plotly.newPlot(plot, data, { ...layout, ...size }, { displayModeBar: false, scrollZoom: false }); // the wheel scrolls the page
  if (frames.length > 0) await Plotly.addFrames(plot, frames);
  fit(stage, plot, size);
  if (player && !figure.contains(player)) stage.after(player);
  figure.dataset.state = "live";
}

/** A page holds at most sixteen WebGL contexts: a figure in 3D gives its own back when it is far away. */
function rest(figure) {
  if (figure.dataset.state !== "live" || !figures[figure.dataset.figure].layout.scene) return;
  const plot = figure.querySelector(".plot");
  clear(plot);
  plot.remove();
  figure.dataset.state = "static";
}

function clear(plot) {
  const canvases = [...plot.querySelectorAll(".gl-container canvas")];
  Plotly.purge(plot);
  // Otherwise the browser counts their contexts until its memory is tidied up, and takes one from a figure in view.
  for (const canvas of canvases) canvas.getContext("webgl")?.getExtension("WEBGL_lose_context")?.loseContext();
}

function sizeIn(stage, image) {
  const [width, height] = [image.getAttribute("width"), image.getAttribute("height")].map(Number);
  const drawn = Math.min(width, Math.max(narrowest, stage.clientWidth));
  return { width: drawn, height: Math.round((height * drawn) / width) };
}

function fit(stage, plot, { width }) {
  plot.style.transform = stage.clientWidth < width ? `scale(${stage.clientWidth / width})` : "";
}

function redraw() {
  for (const figure of document.querySelectorAll('figure[data-state="live"]'))
    queue = queue.then(() => draw(figure)).catch(console.error);
}
dark.addEventListener("change", redraw);
let resized;
addEventListener("resize", () => {
  clearTimeout(resized);
  resized = setTimeout(redraw, 200);
});

/** A slider over the frames of a figure, and a button that plays them. */
function playerOf(figure, slider) {
  const existing = figure.querySelector(".player");
  if (existing) return existing;
  const steps = slider.steps.map(({ label, args }) => ({ label, frame: args[0] }));
  const player = Object.assign(document.createElement("div"), { className: "player" });
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: "Play" });
  const name = (slider.currentvalue?.prefix ?? "frame").replace(/[\s:=]+$/, "");
  const range = Object.assign(document.createElement("input"), {
    type: "range",
    min: 0,
    max: steps.length - 1,
    value: slider.active ?? 0,
    ariaLabel: name,
  });
  const value = document.createElement("output");
  player.append(button, range, value);

  let timer;
  const go = (position) => {
    range.value = position;
    const { label, frame } = steps[range.value];
    value.textContent = `${name} ${label}`;
    range.ariaValueText = value.textContent;
    const plot = figure.querySelector(".plot");
    if (plot) Plotly.animate(plot, frame, { mode: "immediate", frame: { duration: 0 }, transition: { duration: 0 } });
  };
  const stop = () => {
    clearInterval(timer);
    timer = undefined;
    button.textContent = "Play";
  };
  range.addEventListener("input", () => {
    stop();
    go(range.value);
  });
  button.addEventListener("click", () => {
    if (timer) return stop();
    if (Number(range.value) === steps.length - 1) go(0);
    button.textContent = "Pause";
    timer = setInterval(() => (Number(range.value) < steps.length - 1 ? go(Number(range.value) + 1) : stop()), 250);
  });
  value.textContent = `${name} ${steps[range.value].label}`;
  return player;
}

for (const code of document.querySelectorAll(".highlight")) {
  const button = Object.assign(document.createElement("button"), {
    type: "button",
    className: "copy",
    textContent: "Copy",
  });
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(code.querySelector("pre").textContent.trimEnd());
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), 1500);
  });
  code.append(button);
}

// What scrolls sideways can be scrolled by keyboard too.
for (const wide of document.querySelectorAll(".table, .katex-display"))
  if (wide.scrollWidth > wide.clientWidth) wide.tabIndex = 0;

// On paper nothing can be unfolded.
addEventListener("beforeprint", () => {
  for (const details of document.querySelectorAll("main details")) details.open = true;
});
