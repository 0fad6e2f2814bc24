import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import type { Widget as LuminoWidget } from "@lumino/widgets";
import type * as PlotlyLibrary from "plotly.js-dist-min";

declare const Plotly: typeof PlotlyLibrary;
declare function inTheDark<T>(figure: T): T;

const MIME_TYPE = "application/vnd.plotly.v1+json";

/** Every figure is as wide as on the pages, if there is room. */
const WIDTH = 760; // pixels
const HEIGHT = 460; // pixels, for a figure without a height

const CLEAR = "rgba(0, 0, 0, 0)";

/** Plotly's own colour of a button that is chosen or pointed at would hide pale letters in a dark theme. */
const style = ".updatemenu-item-rect[style*='244, 250, 255'] { fill: var(--jp-layout-color3) !important; }";

/** A figure is drawn before it comes into view, this far above and below. */
const NEAR = "600px 0px";

/** A figure as the cell sent it. It belongs to the notebook, and Plotly modifies its arguments: pass it a copy. */
interface Plot {
  data: PlotlyLibrary.Data[];
  layout?: Partial<PlotlyLibrary.Layout> & Record<string, unknown>;
  frames?: Partial<PlotlyLibrary.Frame>[];
  config?: Partial<PlotlyLibrary.Config>;
}

/** Colours for a figure without a template of its own, the same as in lib/figures/figure.ts. */
const plain = {
  layout: {
    font: { color: "#24292f" },
    xaxis: { gridcolor: "#e3e6ea", zerolinecolor: "#c3c9d0" },
    yaxis: { gridcolor: "#e3e6ea", zerolinecolor: "#c3c9d0" },
  },
};

/** Plotly would derive the toolbar's colours from the transparent paper: half black, with pale icons. */
const modebar = { bgcolor: CLEAR, color: "#8a929c", activecolor: "#24292f" };

/**
 * The renderer of Plotly figures.
 * @param Widget JupyterLab's own
 * @param folder where plotly.min.js and dark.js are
 */
export function figures(Widget: typeof LuminoWidget, folder: string): IRenderMime.IExtension {
  let libraries: Promise<unknown> | undefined;
  const loadLibraries = () =>
    (libraries ??= Promise.all(["plotly.min.js", "dark.js"].map((name) => load(folder + name))));

  const sheet = new CSSStyleSheet();
  sheet.replaceSync(style);
  document.adoptedStyleSheets.push(sheet);

  class Figure extends Widget implements IRenderMime.IRenderer {
    #plot: Plot = { data: [] };
    #place = document.createElement("div");
    /** Whether what is drawn lags behind the newest figure, width or theme. */
    #outdated = false;
    #drawing: Promise<void> | undefined;
    #near = false;
    /** The reader's last camera on each scene of a 3D figure, while the figure rests. */
    #cameras: [scene: string, camera: unknown][] = [];

    // The last entry: a busy page reports several changes at once.
    #inView = new IntersectionObserver((entries) => this.#comesOrGoes(entries.at(-1)!.isIntersecting), {
      rootMargin: NEAR,
    });
    #size = new ResizeObserver(() => {
      if (this.#width() !== this.#drawnWidth) void this.#draw();
    });
    #theme = new MutationObserver(() => void this.#draw());
    #drawnWidth = 0;

    constructor() {
      super();
      this.addClass("jp-RenderedPlotly");
      this.node.append(this.#place);
      this.#inView.observe(this.node);
      this.#size.observe(this.node);
      this.#theme.observe(document.body, { attributeFilter: ["data-jp-theme-light"] });
    }

    /** Called with each state of a figure that changes while its cell runs. The last one is always drawn. */
    async renderModel({ data, metadata }: IRenderMime.IMimeModel): Promise<void> {
      this.#plot = data[MIME_TYPE] as unknown as Plot;
      this.#place.style.minHeight = `${this.#height()}px`;
      const { alt } = (metadata.figure ?? {}) as { alt?: string };
      if (alt) Object.assign(this.#place, { role: "img", ariaLabel: alt });
      await this.#draw();
    }

    override dispose(): void {
      if (this.isDisposed) return;
      for (const observer of [this.#inView, this.#size, this.#theme]) observer.disconnect();
      this.#clear();
      super.dispose();
    }

    /** Draws at the browser's pace: of what arrives during a drawing, only the newest is drawn next. */
    #draw(): Promise<void> {
      this.#outdated = true;
      if (!this.#near) return Promise.resolve();
      return (this.#drawing ??= this.#drawOutdated());
    }

    async #drawOutdated(): Promise<void> {
      try {
        await loadLibraries();
        while (this.#outdated && this.#near && !this.isDisposed) await this.#drawOnce();
      } finally {
        // Synchronous with the loop's last check: any later request starts another drawing.
        this.#drawing = undefined;
      }
    }

    async #drawOnce(): Promise<void> {
      await new Promise(requestAnimationFrame);
      if (this.isDisposed || !this.#near) return;
      this.#outdated = false;
      const { data, layout, frames, config } = this.#themed();
      const width = (this.#drawnWidth = this.#width());
      // The same uirevision keeps what the reader has zoomed, turned or hidden.
      const sized: Plot["layout"] = { uirevision: "reader", ...layout, width, height: this.#height() };
      for (const [scene, camera] of this.#cameras) sized[scene] = { ...(sized[scene] as object), camera };
      this.#cameras = [];
      const plot = { data, layout: sized, frames, config: { displaylogo: false, ...config, responsive: false } };
      // Frames can be passed only with a whole figure, an overload that Plotly's types lack.
      await Plotly.react(this.#place, plot as unknown as PlotlyLibrary.Data[]);
    }

    /** The figure in the colours of JupyterLab's theme, on transparent paper. */
    #themed(): Plot {
      const { layout = {}, ...others } = this.#plot;
      const isDark = document.body.dataset.jpThemeLight === "false";
      const plot = structuredClone({ ...others, layout: { template: plain, modebar, ...layout } }) as Plot;
      const { layout: themed, ...rest } = isDark ? inTheDark(plot) : plot;
      return { ...rest, layout: { paper_bgcolor: CLEAR, plot_bgcolor: CLEAR, ...themed } };
    }

    #width(): number {
      return Math.min(this.#plot.layout?.width ?? WIDTH, this.node.clientWidth);
    }

    #height(): number {
      return this.#plot.layout?.height ?? HEIGHT;
    }

    #comesOrGoes(near: boolean): void {
      this.#near = near;
      if (near && (this.#outdated || !this.#isDrawn)) void this.#draw();
      // Not while drawing: Plotly would wait forever for what was purged.
      if (!near) void Promise.resolve(this.#drawing).then(() => this.#near || this.#rest());
    }

    get #isDrawn(): boolean {
      return "data" in this.#place;
    }
    get #canvases(): HTMLCanvasElement[] {
      return [...this.#place.querySelectorAll<HTMLCanvasElement>(".gl-container canvas")];
    }

    /** A page has at most sixteen WebGL contexts: a figure in 3D gives its own back while it is far away. */
    #rest(): void {
      if (!this.#isDrawn || this.#canvases.length === 0) return;
      const { layout } = this.#place as unknown as { layout: Record<string, { camera?: unknown }> };
      const scenes = Object.keys(layout).filter((name) => /^scene\d*$/.test(name) && layout[name].camera);
      this.#cameras = scenes.map((name) => [name, structuredClone(layout[name].camera)]);
      this.#clear();
    }

    #clear(): void {
      if (!this.#isDrawn) return;
      const canvases = this.#canvases;
      Plotly.purge(this.#place);
      // Otherwise the browser counts their contexts until it collects garbage, and takes one from a figure in view.
      for (const canvas of canvases) canvas.getContext("webgl")?.getExtension("WEBGL_lose_context")?.loseContext();
    }
  }

  return {
    id: "training-techniques:figures",
    description: "Draws Plotly figures, and redraws them whenever a cell changes them",
    rendererFactory: { safe: true, mimeTypes: [MIME_TYPE], createRenderer: () => new Figure() },
    rank: 0,
    dataType: "json",
  };
}

function load(url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.onload = () => resolve();
    script.onerror = () => reject(new Error(`${url} could not be loaded`));
    script.src = url;
    document.head.append(script);
  });
}
