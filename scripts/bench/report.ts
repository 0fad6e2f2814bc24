// The results, as a table and as a chart.
import { max, sum } from "d3-array";

export interface Results {
  machine: Record<"processor" | "cores" | "ours" | "numpy", string | number>;
  /** The number of times each experiment was measured. */
  repeats: number;
  /** GFLOP/s of a 1024³ product on all cores, and the total of one per core. */
  peak: { one: number; each: number };
  /** Seconds until the library's processes have started and read the images. */
  started: number;
  experiments: Measured[];
  /** In ms. */
  step?: { alone: number; together: number; listed: number; tuned: number };
  /** ms of a step on each backend. */
  backends?: Record<string, number>;
  /** ms of a step of three layers of this width; in PyTorch, too, if there is one. */
  threads?: { width: number; threads: number; ours: number; pytorch?: number }[];
  /** In s. */
  start?: { import: number };
  /** In s. */
  linear?: { updates: Record<string, number>; runs: Record<string, number> };
  memory?: MemorySample[];
}

export interface Measured {
  id: string;
  runs: string;
  /** In the library. */
  seconds: number;
  /** Seconds in NumPy, as the chapter lists the layers. */
  listed: number;
  /** Seconds in NumPy, written for speed. */
  tuned: number;
  /** GFLOP/s of the matrix products. */
  gflops: number;
  /** Floating-point operations of the matrix products. */
  operations: number;
}

export interface MemorySample {
  steps: number;
  megabytes: number;
  tensors: number;
}

/** @returns Markdown */
export function table({
  machine,
  repeats,
  peak,
  started,
  experiments,
  step,
  backends,
  threads,
  start,
  linear,
  memory,
}: Results): string {
  const lines = [
    `${machine.processor}, ${machine.cores} cores · ${machine.ours} · ${machine.numpy} · ${repeats === 1 ? "measured once" : `medians of ${repeats}`}`,
  ];
  if (experiments.length > 0) {
    const row = (m: Omit<Measured, "operations">) =>
      `| ${m.id} | ${m.runs} | ${m.seconds.toFixed(1)} | ${m.listed.toFixed(1)} | **${(m.listed / m.seconds).toFixed(1)}** | ` +
      `${m.tuned.toFixed(1)} | ${(m.tuned / m.seconds).toFixed(1)} | ${m.gflops.toFixed(0)} | ` +
      `${((100 * m.gflops) / peak.one).toFixed(0)} % | ${((100 * m.gflops) / peak.each).toFixed(0)} % |`;
    lines.push(
      "",
      "| Figure | Runs | Here, s | NumPy as listed, s | ratio | NumPy tuned, s | ratio | GFLOP/s | of one product | of one per core |",
      "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|",
      ...experiments.map(row),
      row(wholeChapter(experiments)),
      "",
      `NumPy computes in float64 on all cores: *as listed* does what the chapter's listings do, *tuned* leaves out what no ` +
        `result needs. GFLOP/s counts matrix products only. At most the machine multiplies at ${peak.one.toFixed(0)} GFLOP/s in one ` +
        `1024³ product on all cores, and at ${peak.each.toFixed(0)} in one such product on each core at once, in processes of ` +
        `their own; both are measured before each experiment, and the last two columns are shares of them. Runs that do not ` +
        `fill all processes are divided into segments, which processes take in turns. The processes stay from experiment to ` +
        `experiment of a round. Not in the seconds: starting them and reading the images, ${started.toFixed(1)} s, and importing ` +
        `NumPy and reading them there.`,
    );
  }
  if (step) {
    lines.push(
      "",
      `One step of figure 6-9's network (mini-batch, gradient, SGD): ${step.alone.toFixed(2)} ms on one thread; two at once ` +
        `${step.together.toFixed(2)} ms each (${percent(step.together / step.alone - 1)}). NumPy on all cores: ` +
        `${step.listed.toFixed(2)} ms as listed, ${step.tuned.toFixed(2)} ms tuned.`,
    );
  }
  if (backends) {
    const each = Object.entries(backends).map(
      ([backend, ms]) => `${backend} ${ms.toFixed(2)} ms (${(ms / backends.tensorflow).toFixed(1)})`,
    );
    lines.push("", `The same step on each backend, and how many times as long as on TensorFlow: ${each.join(", ")}.`);
  }
  if (threads) {
    const ms = (value?: number) => value?.toFixed(1) ?? "";
    lines.push(
      "",
      "| A step, three layers of | threads | here, ms | PyTorch, ms | ratio |",
      "|--:|--:|--:|--:|--:|",
      ...threads.map(
        ({ width, threads, ours, pytorch }) =>
          `| ${width} | ${threads} | ${ms(ours)} | ${ms(pytorch)} | ${pytorch ? (pytorch / ours).toFixed(2) : ""} |`,
      ),
    );
  }
  if (start) lines.push("", `First import of the library: ${start.import.toFixed(1)} s.`);
  if (linear) {
    const each = (times: Record<string, number>) =>
      Object.entries(times)
        .map(([count, seconds]) => `${count}: ${seconds.toFixed(2)} s`)
        .join(", ");
    lines.push("", `Two runs of n updates: ${each(linear.updates)}. n runs of 1000 updates: ${each(linear.runs)}.`);
  }
  if (memory) {
    // The first tenth warms up.
    const settled = memory.filter(({ steps }) => steps >= 2000);
    const [first] = settled;
    const most = max(settled, ({ megabytes }) => megabytes)!;
    const counts = [...new Set(settled.map(({ tensors }) => tensors))];
    lines.push(
      "",
      `Memory over 20,000 steps: ${first.megabytes.toFixed(0)} MB after 2000, at most ${most.toFixed(0)} MB after that ` +
        `(${percent(most / first.megabytes - 1)}); tensors: ${counts.join(", ")}.`,
    );
  }
  return lines.join("\n");
}

/** The whole chapter as one experiment. */
export function wholeChapter(experiments: Measured[]): Omit<Measured, "operations"> {
  const total = (what: "seconds" | "listed" | "tuned" | "operations") => sum(experiments, (m) => m[what]);
  const seconds = total("seconds");
  return {
    id: "all",
    runs: "",
    seconds,
    listed: total("listed"),
    tuned: total("tuned"),
    gflops: total("operations") / seconds / 1e9,
  };
}

/**
 * Bars of seconds, one group per experiment. Readable on light and on dark backgrounds.
 * @returns SVG
 */
export function chart({ experiments }: Results): string {
  const groups = experiments;
  const [left, width, bar, gap] = [90, 560, 12, 14];
  const scale = width / Math.max(...groups.map((m) => m.listed));
  const group = 3 * bar + gap;
  const height = 34 + groups.length * group;
  const bars = groups.flatMap((m, i) =>
    (
      [
        ["here", m.seconds],
        ["tuned", m.tuned],
        ["listed", m.listed],
      ] as const
    ).map(([kind, seconds], j) => {
      const y = 34 + i * group + j * bar;
      return (
        `<rect class="${kind}" x="${left}" y="${y}" width="${(seconds * scale).toFixed(1)}" height="${bar - 1}"/>` +
        `<text x="${(left + seconds * scale + 5).toFixed(1)}" y="${y + 9.5}" class="value">${seconds.toFixed(1)} s</text>`
      );
    }),
  );
  const names = groups.map(
    ({ id }, i) => `<text x="${left - 8}" y="${34 + i * group + 1.5 * bar + 4}" text-anchor="end">${id}</text>`,
  );
  const legend = [
    ["here", "here"],
    ["tuned", "NumPy, tuned"],
    ["listed", "NumPy, as listed"],
  ].map(
    ([kind, text], i) =>
      `<rect class="${kind}" x="${left + i * 150}" y="8" width="11" height="11"/><text x="${left + i * 150 + 17}" y="18">${text}</text>`,
  );
  const total = wholeChapter(experiments);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${left + width + 70} ${height}" role="img" aria-label="Seconds for each of the chapter's experiments: ${total.seconds.toFixed(0)} s in all here, ${total.tuned.toFixed(0)} s in tuned NumPy, ${total.listed.toFixed(0)} s in NumPy as listed">
<style>
text { font: 12px system-ui, sans-serif; fill: #1f2328 } .value { font-size: 10px }
.here { fill: #0072b2 } .tuned { fill: #e69f00 } .listed { fill: #8c959f }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .here { fill: #56b4e9 } }
</style>
${[...legend, ...names, ...bars].join("\n")}
</svg>
`;
}

const percent = (share: number) => `${share < 0 ? "−" : "+"}${Math.abs(100 * share).toFixed(0)} %`;
