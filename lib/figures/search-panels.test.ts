import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { rankCorrelation, rankTrials, searchMethods, searchPanels, searchScatter } from "./search-panels";

/** 100 trials whose accuracy grows with the learning rate alone; the last three diverged. */
const trials = Array.from({ length: 100 }, (_, i) => {
  const final = 0.1 + 0.008 * i;
  const validation = [0.1, final / 2, i < 97 ? final : null];
  return {
    learningRate: 10 ** (-6 + 0.04 * i),
    weightDecay: 10 ** (-8 + 0.04 * ((i * 37) % 100)),
    history: { validationAccuracy: validation, trainAccuracy: validation },
  };
});

test("ranks by the last validation accuracy; ties keep their order, diverged trials come last", () => {
  const trial = (name: string, ...validation: (number | null)[]) => ({
    name,
    history: { validationAccuracy: validation },
  });
  const ranked = rankTrials([
    trial("diverged", 0.9, null),
    trial("first", 0.5),
    trial("best", 0.2, 0.6),
    trial("second", 0.5),
  ]);
  assert.deepEqual(
    ranked.map(({ name }) => name),
    ["best", "first", "second", "diverged"],
  );
});

test("figure 6-24: the best 20 in order, five per row, validation solid and training dashed", () => {
  const figure = searchPanels(trials);
  assert.deepEqual(JSON.parse(JSON.stringify(figure)), figure);
  assert.equal(figure.id, "6-24");
  const titles = (figure.layout.annotations as { text: string; xref: string; yref: string }[]).slice(0, 20);
  // Trial 96: learning rate 10^(−6 + 0.04 · 96), weight decay 10^(−8 + 0.04 · 52).
  assert.equal(titles[0].text, "<b>Best-1</b><br>0.87<br>η 6.9e−3<br>λ 1.2e−6");
  assert.match(titles[19].text, /^<b>Best-20<\/b><br>0\.72<br>/);
  assert.match(figure.data[0].hovertemplate as string, /learning rate 6\.92e-3<br>weight decay 1\.20e-6/);
  assert.deepEqual([titles[6].xref, titles[6].yref], ["x2 domain", "y2 domain"]);
  assert.equal(figure.data.length, 40);
  assert.deepEqual(figure.data[12].y, trials[90].history.validationAccuracy);
  assert.deepEqual([figure.data[12].name, figure.data[12].xaxis, figure.data[12].yaxis], ["validation", "x2", "y2"]);
  const dash = (name: string) =>
    new Set(figure.data.filter((trace) => trace.name === name).map(({ line }) => (line as { dash: string }).dash));
  assert.deepEqual([...dash("validation"), ...dash("training")], ["solid", "5px,3px"]);
  assert.equal(searchPanels(trials.slice(0, 3)).data.length, 6, "fewer than 20 are all shown");
});

test("the scatter holds every trial, the best five apart, and tells what explains the accuracy", () => {
  const finite = trials.slice(0, 97);
  const figure = searchScatter(finite);
  assert.deepEqual(JSON.parse(JSON.stringify(figure)), figure);
  assert.deepEqual(
    figure.data.map(({ name, x }) => [name, (x as number[]).length]),
    [
      ["other trials", 92],
      ["best five", 5],
    ],
  );
  assert.deepEqual(
    figure.data[1].x,
    [96, 95, 94, 93, 92].map((i) => finite[i].learningRate),
  );
  for (const axis of ["xaxis", "yaxis"]) assert.equal((figure.layout[axis] as { type: string }).type, "log");
  // Above the plot, where no axis title is.
  const { colorbar } = figure.data[1].marker as { colorbar: { y: number; yanchor: string } };
  assert.deepEqual([colorbar.y, colorbar.yanchor], [1, "bottom"]);
  assert.match(figure.caption, /learning rate 1\.00, weight decay −?0\.\d\d\./);
});

test("rank correlation agrees with values known from elsewhere", () => {
  assert.equal(rankCorrelation([1, 2, 3, 4], [10, 20, 30, 400]), 1);
  assert.equal(rankCorrelation([1, 2, 3, 4], [4, 3, 2, 1]), -1);
  // IQ against hours of television, the worked example of Wikipedia's article: −29/165.
  const iq = [106, 100, 86, 101, 99, 103, 97, 113, 112, 110];
  const hours = [7, 27, 2, 50, 28, 29, 20, 12, 6, 17];
  assert.ok(Math.abs(rankCorrelation(iq, hours) + 29 / 165) < 1e-12);
  // With ties: Pearson's correlation of the ranks 1, 2.5, 2.5, 4, 5 and 2, 1, 3.5, 3.5, 5, as Python's
  // statistics.correlation gives it.
  assert.ok(Math.abs(rankCorrelation([1, 2, 2, 3, 5], [2, 1, 4, 4, 9]) - 0.7631578947368421) < 1e-12);
  assert.throws(() => rankCorrelation([1], [1, 2]), /1 values against 2/);
});

test("rank correlation refuses what has no rank, and is 0 where there is no order", () => {
  assert.throws(() => rankCorrelation([], []), { name: "RangeError", message: /0 values against 0/ });
  for (const value of [NaN, Infinity, null, undefined]) {
    const message = `rankCorrelation: expected finite numbers, got ${value}; leave out its pair`;
    assert.throws(() => rankCorrelation([1, 2, value as number], [1, 2, 3]), { name: "RangeError", message });
    assert.throws(() => rankCorrelation([1, 2, 3], [value as number, 2, 3]), { name: "RangeError", message });
  }
  assert.equal(rankCorrelation([5, 5, 5], [1, 2, 3]), 0);
  assert.equal(rankCorrelation([1, 2, 3], [0.1, 0.1, 0.1]), 0);
  assert.equal(rankCorrelation([1], [2]), 0);
});

test("property: rank correlation is from −1 to 1, symmetric, and the same for any values in the same order", () => {
  const value = fc.oneof(fc.integer({ min: -5, max: 5 }), fc.integer({ min: -10_000, max: 10_000 }));
  fc.assert(
    fc.property(fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 40 }), (pairs) => {
      const [x, y] = [pairs.map(([a]) => a), pairs.map(([, b]) => b)];
      const correlation = rankCorrelation(x, y);
      assert.ok(correlation >= -1 && correlation <= 1, `${correlation}`);
      assert.equal(rankCorrelation(y, x), correlation);
      const cubed = x.map((value) => value ** 3);
      assert.equal(rankCorrelation(cubed, y), correlation);
      assert.equal(
        rankCorrelation(
          x,
          y.map((value) => 7 - 2 * value),
        ),
        0 - correlation,
      );
      if (new Set(x).size > 1) assert.equal(rankCorrelation(x, cubed), 1);
    }),
  );
});

test("trials that recorded no validation accuracy have no rank", () => {
  const unrecorded = { history: { validationAccuracy: [] } };
  assert.throws(() => rankTrials([trials[0], unrecorded]), {
    name: "RangeError",
    message: "rankTrials: trial 1 has no validation accuracies; record them in its run",
  });
  assert.deepEqual(rankTrials([]), []);
});

test("search methods: the best so far over the seeds, by hand", () => {
  const figure = searchMethods([
    {
      name: "random",
      searches: [
        [
          { spent: 10, score: 0.2 },
          { spent: 20, score: 0.6 },
          { spent: 30, score: 0.4 },
        ],
        [
          { spent: 10, score: 0.4 },
          { spent: 20, score: 0.3 },
          { spent: 30, score: 0.8 },
        ],
        [
          { spent: 10, score: 0.5 },
          { spent: 20, score: 0.5 },
          { spent: 30, score: 0.5 },
        ],
      ],
    },
    {
      name: "halving",
      searches: [
        [
          { spent: 5, score: 0.3 },
          { spent: 12, score: 0.3 },
        ],
        [{ spent: 8, score: 0.7 }],
      ],
    },
  ]);
  assert.deepEqual(JSON.parse(JSON.stringify(figure)), figure);
  const median = (name: string) => figure.data.find((trace) => trace.name === name)!;
  // Each line goes on by 2% of the longest, so that its last step can be seen.
  assert.deepEqual(
    [median("random").x, median("random").y],
    [
      [10, 20, 30, 31],
      [0.4, 0.5, 0.6, 0.6],
    ],
  );
  // Counted from where both seeds have a result; nothing changes between there and the end.
  assert.deepEqual(
    [median("halving").x, median("halving").y],
    [
      [8, 12, 13],
      [0.5, 0.5, 0.5],
    ],
  );
  const [low, high] = figure.data;
  assert.deepEqual(low.y, [0.3, 0.45, 0.55, 0.55]);
  assert.deepEqual(high.y, [0.45, 0.55, 0.7, 0.7]);
  // All in one panel, told apart by dashes too, with their names and last medians at the right edge.
  assert.ok(figure.data.every(({ xaxis }) => xaxis === undefined));
  const dash = (name: string) => (median(name).line as { dash: string }).dash;
  assert.notEqual(dash("random"), dash("halving"));
  const labels = figure.layout.annotations as { text: string; x: number; y: number }[];
  assert.deepEqual(
    labels.map(({ text, x, y }) => [text, x, y]),
    [
      ["<b>random</b><br>0.600", 31, 0.6],
      ["<b>halving</b><br>0.500", 31, 0.5],
    ],
  );
  assert.match(figure.alt, /from the top: random 0\.600, halving 0\.500/);
});

test("what cannot be drawn is refused", () => {
  assert.throws(() => searchPanels([]), /no trials/);
  assert.throws(
    () => searchScatter([{ ...trials[0], history: { validationAccuracy: [], trainAccuracy: [] } }]),
    /trial 0 has no validation accuracies/,
  );
  assert.throws(() => searchMethods([]), /no methods/);
  assert.throws(() => searchMethods([{ name: "random", searches: [] }]), /"random" has no searches/);
  assert.throws(() => searchMethods([{ name: "random", searches: [[]] }]), /a search without trials/);
});
