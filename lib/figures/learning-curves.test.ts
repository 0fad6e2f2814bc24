import assert from "node:assert/strict";
import test from "node:test";
import { smoothCurve } from "./smooth-curve";
import type { Figure, Trace } from "./figure";
import { accuracyCurves, lossCurves } from "./learning-curves";

function assertJson(figure: Figure) {
  assert.deepEqual(JSON.parse(JSON.stringify(figure)), figure);
}

/** Jittery and falling: every seed different, and nothing random. */
const loss = (seed: number, length = 200) =>
  Array.from({ length }, (_, i) => 2.3 * Math.exp(-i / 50) + 0.1 * Math.sin(12.9898 * (i + 1) * (seed + 1)));
const lines = ({ data }: Figure) => data.filter(({ mode }) => mode === "lines+markers");
const bands = ({ data }: Figure) => data.filter(({ fill }) => fill === "toself");
const numbers = (trace: Trace, key: "x" | "y") => trace[key] as (number | null)[];

test("one run a curve: the smoothed loss to three digits, no band", () => {
  const runs = [loss(0), loss(1)];
  const figure = lossCurves({
    id: "6-9",
    caption: "Losses.",
    curves: [
      { name: "SGD", runs: [runs[0]] },
      { name: "Adam", runs: [runs[1]] },
    ],
    yRange: [0, 1],
  });
  assertJson(figure);
  assert.deepEqual([figure.id, figure.caption], ["6-9", "Losses."]);
  assert.equal(bands(figure).length, 0);
  lines(figure).forEach((line, i) => {
    const expected = smoothCurve(runs[i]);
    assert.equal(numbers(line, "y").length, 200);
    numbers(line, "y").forEach((value, j) =>
      assert.ok(Math.abs(value! - expected[j]!) <= 5e-3 * Math.abs(expected[j]!)),
    );
  });
  assert.deepEqual((figure.layout.yaxis as { range: number[] }).range, [0, 1]);
  const [first, last] = (figure.layout.xaxis as { range: number[] }).range;
  assert.ok(first < 0 && last > 199);
});

test("curves differ in colour and marker, accuracies in dash as well", () => {
  const curves = [0, 1, 2, 3].map((seed) => ({ name: `curve ${seed}`, runs: [loss(seed)] }));
  const looks = (figure: Figure, of: (trace: Trace) => unknown) => new Set(lines(figure).map(of)).size;
  const losses = lossCurves({ id: "6-9", caption: "", curves, yRange: [0, 1] });
  assert.equal(
    looks(losses, ({ marker }) => (marker as { color: string }).color),
    4,
  );
  assert.equal(
    looks(losses, ({ marker }) => (marker as { symbol: string }).symbol),
    4,
  );
  const accuracies = accuracyCurves({ id: "6-20", caption: "", panels: [{ curves }] });
  assert.equal(
    looks(accuracies, ({ line }) => (line as { dash: string }).dash),
    4,
  );
});

test("several seeds: the median in a band from the least to the greatest", () => {
  const runs = [
    [0.1, 0.4, 0.5],
    [0.3, 0.2, 0.9],
    [0.2, 0.8, 0.7],
    [0.9, 0.6, 0.6],
  ];
  const figure = accuracyCurves({ id: "6-18", caption: "", panels: [{ curves: [{ name: "train", runs }] }] });
  assertJson(figure);
  assert.deepEqual(numbers(lines(figure)[0], "y"), [0.25, 0.5, 0.65]);
  assert.deepEqual(numbers(bands(figure)[0], "x"), [0, 1, 2, 2, 1, 0]);
  assert.deepEqual(numbers(bands(figure)[0], "y"), [0.9, 0.8, 0.9, 0.5, 0.2, 0.1]);
  assert.match(figure.alt, /from epoch 0 to 2\. train rises from 0\.25 to 0\.65\. Lines: medians of 4 seeds/);
  // The band is read at the pointer, too.
  assert.deepEqual(lines(figure)[0].customdata, ["0.100 to 0.900", "0.200 to 0.800", "0.500 to 0.900"]);
});

test("accuracies of every fifth epoch stand at every fifth epoch", () => {
  const runs = [
    [0.1, 0.4, 0.5],
    [0.3, 0.6, 0.7],
  ];
  const test = [0.1, 0.3, 0.4];
  const curves = [
    { name: "train", runs },
    { name: "test", runs: [test, test] },
  ];
  const figure = accuracyCurves({ id: "6-21", panels: [{ curves }], gap: true, evaluateEvery: 5 });
  assertJson(figure);
  for (const { dx, y } of lines(figure)) assert.deepEqual([dx, (y as number[]).length], [5, 3]);
  assert.deepEqual(numbers(bands(figure)[0], "x"), [0, 5, 10, 10, 5, 0]);
  assert.match(figure.alt, /from epoch 0 to 10/);
  const { range, tickvals } = figure.layout.xaxis as { range: number[]; tickvals: number[] };
  assert.ok(range[1] > 10 && range[1] < 12 && tickvals.at(-1) === 10);
  const bracket = figure.data.find(({ name }) => name === "gap")!;
  assert.ok(numbers(bracket, "x").every((x) => x! > 10 && x! < range[1]));
});

test("the band of a loss is that of the smoothed runs, not the smoothed extremes", () => {
  const runs = [loss(0), loss(1), loss(2)];
  const figure = lossCurves({ id: "6-9-seeds", caption: "", curves: [{ name: "SGD", runs }], yRange: [0, 1] });
  const smooth = runs.map((run) => smoothCurve(run)[77]!).sort((a, b) => a - b);
  const close = (value: number | null, expected: number) => assert.ok(Math.abs(value! - expected) <= 5e-3 * expected);
  close(numbers(lines(figure)[0], "y")[77], smooth[1]);
  close(numbers(bands(figure)[0], "y")[77], smooth[2]);
  close(numbers(bands(figure)[0], "y")[399 - 77], smooth[0]);
});

test("what has diverged is left blank and said so", () => {
  const single = lossCurves({
    id: "x",
    caption: "",
    curves: [{ name: "SGD", runs: [[2, 3, NaN, Infinity]] }],
    yRange: [0, 4],
  });
  assertJson(single);
  assert.deepEqual(
    numbers(lines(single)[0], "y").map((value) => value === null),
    [false, false, true, true],
  );
  assert.equal(lines(single)[0].name, "SGD (diverged)");
  assert.match(single.alt, /SGD starts at [\d.]+ and diverged/);

  const some = accuracyCurves({
    id: "x",
    caption: "",
    panels: [
      {
        curves: [
          {
            name: "train",
            runs: [
              [0.1, null, null],
              [0.3, 0.5, null],
            ],
          },
        ],
      },
    ],
  });
  assertJson(some);
  assert.deepEqual(numbers(lines(some)[0], "y"), [0.2, 0.5, null]);
  assert.deepEqual(numbers(bands(some)[0], "x"), [0, 1, 1, 0]);
  assert.equal(lines(some)[0].name, "train (2 of 2 seeds diverged)");

  const never = accuracyCurves({
    id: "x",
    caption: "",
    panels: [{ curves: [{ name: "train", runs: [[null, null]] }] }],
  });
  assert.match(never.alt, /train diverged at once/);
});

test("panels share the y axis and one legend", () => {
  const curves = [
    { name: "train", runs: [[0.1, 1]] },
    { name: "test", runs: [[0.1, 0.8]] },
  ];
  const figure = accuracyCurves({
    id: "6-23",
    caption: "",
    panels: [
      { title: "without Dropout", curves },
      { title: "with Dropout", curves },
    ],
  });
  assertJson(figure);
  assert.deepEqual(
    figure.data.map(({ xaxis, yaxis, name, showlegend }) => [xaxis, yaxis, name, showlegend]),
    [
      ["x", "y", "train", undefined],
      ["x", "y", "test", undefined],
      ["x2", "y", "train", false],
      ["x2", "y", "test", false],
    ],
  );
  assert.deepEqual(
    figure.layout.xaxis2 && (figure.layout.xaxis2 as { range: number[] }).range,
    (figure.layout.xaxis as { range: number[] }).range,
  );
  assert.match(figure.alt, /without Dropout: train rises from 0\.1 to 1, test rises to 0\.8\. with Dropout: /);
});

/** Texts at the ends of lines, from the top down, and their distances in pixels. */
function endsOf({ layout }: Figure) {
  const { height, margin, yaxis } = layout as {
    height: number;
    margin: { t: number; b: number };
    yaxis: { range: [number, number] };
  };
  const [low, high] = yaxis.range;
  const labels = (layout.annotations as { text: string; y: number; ay: number }[])
    .map(({ text, y, ay }) => ({ text, at: ((high - y) / (high - low)) * (height - margin.t - margin.b) + ay }))
    .sort((a, b) => a.at - b.at);
  const pixels = labels.map(({ at }) => at);
  return { texts: labels.map(({ text }) => text), gaps: pixels.slice(1).map((at, i) => at - pixels[i]) };
}

test("a loss has its lines' names at their ends, in the order of the ends and apart, on either axis", () => {
  const final = { "SGD (η = 0.01)": 0.19, "Adam (η = 0.001)": 0.04, AdaGrad: 0.03, "learning rate with decay": 0.9 };
  const curves = Object.entries(final).map(([name, last]) => ({ name, runs: [new Array<number>(50).fill(last)] }));
  const names = [
    "<b>learning rate</b><br><b>with decay</b>",
    "<b>SGD</b><br>η = 0.01",
    "<b>Adam</b><br>η = 0.001",
    "<b>AdaGrad</b>",
  ];
  for (const yScale of ["linear", "log"] as const) {
    const figure = lossCurves({ id: "6-9", caption: "", curves, yRange: [0, 1], yScale });
    assertJson(figure);
    assert.equal(figure.layout.showlegend, false);
    assert.deepEqual(endsOf(figure).texts, names);
    // Two lines of 12 pixels each.
    for (const gap of endsOf(figure).gaps) assert.ok(gap > 30, `${gap} pixels apart`);
  }
});

test("buttons change a loss's axis and take the names with it", () => {
  const curves = [0.5, 0.04].map((last, i) => ({ name: `rule ${i}`, runs: [new Array<number>(9).fill(last)] }));
  const figure = (yScale: "linear" | "log") => lossCurves({ id: "6-9", caption: "", curves, yRange: [0, 1], yScale });
  const [linear, log] = [figure("linear").layout, figure("log").layout];
  assert.equal((log.yaxis as { type: string }).type, "log");
  const range = (log.yaxis as { range: number[] }).range.map((power) => 10 ** power);
  assert.ok(range[0] > 0 && range[0] < 0.1 && Math.abs(range[1] - 1) < 1e-4);
  const [menu] = linear.updatemenus as { active: number; buttons: { args: [Record<string, unknown>] }[] }[];
  assert.equal(menu.active, 0);
  const [args] = menu.buttons[1].args;
  assert.deepEqual([args["yaxis.type"], args["yaxis.range"]], ["log", (log.yaxis as { range: number[] }).range]);
  (log.annotations as { y: number; ay: number }[]).forEach(({ y, ay }, i) =>
    assert.deepEqual([args[`annotations[${i}].y`], args[`annotations[${i}].ay`]], [y, ay]),
  );
});

test("of a long loss every fourth iteration is drawn, in its place", () => {
  const run = loss(0, 2000);
  const figure = lossCurves({
    id: "6-9",
    caption: "",
    curves: [{ name: "SGD", runs: [run, loss(1, 2000)] }],
    yRange: [0, 1],
  });
  const [line] = lines(figure);
  assert.deepEqual([numbers(line, "y").length, line.dx, line.x0 ?? 0], [500, 4, 0]);
  const smooth = [run, loss(1, 2000)].map((run) => smoothCurve(run)[700]!);
  const expected = (smooth[0] + smooth[1]) / 2;
  assert.ok(Math.abs(numbers(line, "y")[175]! - expected) <= 5e-3 * expected);
  const { x } = bands(figure)[0] as unknown as { x: number[] };
  assert.deepEqual(x.slice(0, 3), [0, 4, 8]);
  assert.match(figure.alt, /over 2000 updates/);
});

test("alt: what the lines do within the range shown, from the top of their ends down, in two digits", () => {
  const curves = [
    { name: "Adam", runs: [[2.067, 0.042367]] },
    { name: "SGD", runs: [[2.394, 0.18651]] },
    { name: "std 0.01", runs: [[0.5, 0.5]] },
  ];
  // A run of two points is smoothed into its mean, so lines of many equal points are drawn.
  const long = curves.map(({ name, runs: [[first, last]] }) => ({
    name,
    runs: [[...new Array<number>(20).fill(first), ...new Array<number>(20).fill(last)]],
  }));
  const { alt } = lossCurves({ id: "6-9", caption: "", curves: long, yRange: [0, 1] });
  assert.equal(
    alt,
    "Line chart of the smoothed loss over 40 updates. std 0.01 stays at 0.5, SGD falls from above 1 to 0.19, Adam falls from above 1 to 0.042.",
  );
});

test("a gap is a bracket between the ends of two curves, with its size", () => {
  const panel = (test: number | null) => ({
    curves: [
      { name: "train", runs: [[0.1, 0.9, 0.99]] },
      { name: "test", runs: [[0.1, 0.7, test]] },
    ],
  });
  const brackets = ({ data }: Figure) => data.filter(({ name }) => name === "gap");
  const figure = accuracyCurves({ id: "6-20", caption: "", panels: [panel(0.745)], gap: true });
  assertJson(figure);
  const [bracket] = brackets(figure);
  assert.deepEqual([Math.max(...(bracket.y as number[])), Math.min(...(bracket.y as number[]))], [0.99, 0.745]);
  assert.ok((bracket.x as number[]).every((x) => x > 2 && x < (figure.layout.xaxis as { range: number[] }).range[1]));
  // 0.245, which is stored as a little less or more.
  assert.match((bracket.text as string[]).join(""), /^ 0\.2[45]$/);
  assert.match(figure.alt, /Gap at the end: 0\.2[45]\./);

  const both = accuracyCurves({ id: "6-21", caption: "", panels: [panel(0.7), panel(0.9)], gap: true });
  assert.deepEqual(
    brackets(both).map(({ xaxis, text }) => [xaxis, (text as string[])[2]]),
    [
      ["x", " 0.29"],
      ["x2", " 0.09"],
    ],
  );
  assert.deepEqual(brackets(accuracyCurves({ id: "x", caption: "", panels: [panel(null)], gap: true })), []);
  assert.deepEqual(brackets(accuracyCurves({ id: "x", caption: "", panels: [panel(0.7)] })), []);
});

test("runs that cannot be one curve are refused with what is wrong", () => {
  const of = (runs: number[][]) => () =>
    accuracyCurves({ id: "x", caption: "", panels: [{ curves: [{ name: "train", runs }] }] });
  assert.throws(of([]), /curve train: no runs/);
  assert.throws(of([[]]), /at least one point, got 0 points/);
  assert.throws(of([[1, 2], [1]]), /got 2 points in run 0 and 1 in run 1/);
  assert.throws(() => lossCurves({ id: "x", caption: "", curves: [], yRange: [0, 1] }), /no curves/);
});

test("a single panel has its title above it", () => {
  const curves = [{ name: "with BatchNorm", runs: [[0.1, 0.5, 0.9]] }];
  const titled = accuracyCurves({ id: "6-18", panels: [{ title: "standard deviation 0.0858", curves }] });
  assert.equal((titled.layout.title as { text: string }).text, "standard deviation 0.0858");
  assert.equal(accuracyCurves({ id: "6-18", panels: [{ curves }] }).layout.title, undefined);
});
