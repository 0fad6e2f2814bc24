import type { XY } from "./drawing";
import { label, lines, nodes, sheet } from "./drawing";
import type { Figure } from "./figure";
import { palette } from "./figure";

/**
 * Figure 6-12: three layers, each fully connected to the next. The weights from a layer of n nodes
 * are drawn with standard deviation 1/√n, so that a unit's sum of n terms has the spread of one term.
 */
export function xavierScale(): Figure {
  const columns = [1.6, 5, 8.4];
  const rows = [70, 112, 154, 238];
  const gap = 196;
  const height = 300;
  const layers = columns.map((x) => rows.map((y): XY => [x, y]));
  const edges = (from: XY[], to: XY[]) => from.flatMap((start) => to.map((end): XY[] => [start, end]));
  const [first, second, third] = layers;
  const target = second[1];
  return {
    id: "6-12",
    caption:
      "Xavier's scale: where a layer of n nodes feeds the next, the weights are drawn from a normal distribution with standard deviation 1/√n. " +
      "Highlighted are the n weights that meet in one node: the more there are, the smaller each of them.",
    alt:
      "Three columns of nodes, each of n nodes and fully connected to the next. Both sets of connections are labelled standard deviation 1 over square root of n. " +
      "The n connections into one node of the second column are highlighted.",
    data: [
      lines([...edges(first, second).filter(([, end]) => end !== target), ...edges(second, third)], { width: 1 }),
      lines(
        first.map((start) => [start, target]),
        { color: palette[1], width: 2.5 },
      ),
      nodes(
        layers.flat().filter((point) => point !== target),
        { size: 24, color: palette[0] },
      ),
      nodes([target], { size: 24, color: palette[1], symbol: "diamond" }),
    ],
    layout: {
      ...sheet(10, height),
      annotations: [
        ...columns.map((x) => label([x, gap], "⋮", { font: { size: 24 } })),
        ...columns.map((x) => label([x, height - 30], "n nodes")),
        ...[0, 1].map((index) =>
          label([(columns[index] + columns[index + 1]) / 2, 28], "standard deviation<br><b>1/√n</b>", {
            font: { size: 12 },
          }),
        ),
      ],
    },
  };
}
