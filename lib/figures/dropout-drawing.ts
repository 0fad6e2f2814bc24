import type { XY } from "./drawing";
import { ink, label, lines, nodes, sheet } from "./drawing";
import type { Figure } from "./figure";
import { palette } from "./figure";

/** Units per layer, from the inputs to the outputs, and those that are dropped in the network on the right. */
const layers = [4, 5, 5, 3];
const dropped = [[], [1, 4], [0, 2], []];

/**
 * Figure 6-22: on the left the full network, on the right one of the thinned networks that Dropout
 * trains: the dropped hidden units are crossed out and pass nothing on.
 */
export function dropoutDrawing(): Figure {
  const full = network(0.4, () => false);
  const thinned = network(6, (layer, unit) => dropped[layer].includes(unit));
  const titleHeight = 18;
  return {
    id: "6-22",
    caption:
      "Dropout: on the left the full network, on the right the same network for one image in one update. " +
      "The crossed-out units are dropped at random, others for the next image, and their connections carry no signal.",
    alt:
      `Two drawings of a network with layers of ${layers.join(", ")} units. On the left every unit is joined to every unit of the next layer. ` +
      `On the right ${dropped[1].length} units of the first and ${dropped[2].length} of the second hidden layer are crossed out and have no connections.`,
    data: [
      lines([...full.edges, ...thinned.edges], { width: 1 }),
      nodes([...full.kept, ...thinned.kept], { size: 18, color: palette[0] }),
      nodes(thinned.dropped, { size: 18, symbol: "circle-x-open", color: ink }),
    ],
    layout: {
      ...sheet(10, 250),
      annotations: [label([2.2, titleHeight], "full network"), label([7.8, titleHeight], "with Dropout")],
    },
  };
}

/** A network whose layers stand side by side from x = `start`, and the edges between the units that are kept. */
function network(start: number, isDropped: (layer: number, unit: number) => boolean) {
  const at = (layer: number, unit: number): XY => [start + 1.2 * layer, 142 + 42 * (unit - (layers[layer] - 1) / 2)];
  const units = layers.flatMap((count, layer) => Array.from({ length: count }, (_, unit) => ({ layer, unit })));
  const keptUnits = units.filter(({ layer, unit }) => !isDropped(layer, unit));
  return {
    kept: keptUnits.map(({ layer, unit }) => at(layer, unit)),
    dropped: units.filter(({ layer, unit }) => isDropped(layer, unit)).map(({ layer, unit }) => at(layer, unit)),
    edges: keptUnits.flatMap((from) =>
      keptUnits
        .filter((to) => to.layer === from.layer + 1)
        .map((to): XY[] => [at(from.layer, from.unit), at(to.layer, to.unit)]),
    ),
  };
}
