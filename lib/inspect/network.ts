import type { Layer } from "../layers";
import { Affine, BatchNormalization, type SoftmaxWithLoss } from "../layers";
import type { Network } from "../network";
import { table } from "../notebook/table";
import type { Look } from "../look";

export const networkLook: Look<Network> = {
  text(network, depth, { stylize }) {
    if (depth < 0) return stylize(`[${title(network)}]`, "special");
    return [title(network), ...table(rows(network))["text/plain"].split("\n"), settings(network)].join("\n  ");
  },
  rich: (network) => ({
    "text/markdown": `**${title(network)}**\n\n${table(rows(network))["text/markdown"]}\n\n${settings(network)}`,
  }),
};

function title({ spec: { inputSize, hiddenSizes, outputSize }, params }: Network): string {
  const parameters = Object.values(params).reduce((sum, { size }) => sum + size, 0);
  const disposed = Object.values(params).some(({ isDisposed }) => isDisposed);
  return `Network ${[inputSize, ...hiddenSizes, outputSize].join(" → ")}, ${parameters} parameters${disposed ? ", disposed" : ""}`;
}

/** A row for each layer: the shape of its output for a batch, and the number of parameters. */
function rows(network: Network): { layer: string; output: string; parameters: number }[] {
  let units = network.spec.inputSize;
  const row = (layer: Layer | SoftmaxWithLoss) => {
    if (layer instanceof Affine) units = layer.b.size;
    const learned =
      layer instanceof Affine
        ? [layer.W, layer.b]
        : layer instanceof BatchNormalization
          ? [layer.gamma, layer.beta]
          : [];
    return {
      layer: layer.constructor.name,
      output: `[batch, ${units}]`,
      parameters: learned.reduce((sum, { size }) => sum + size, 0),
    };
  };
  return [...network["layers"].map(row), { ...row(network["lastLayer"]), output: "[], the loss" }];
}

/** Its initial weights and its regularization. */
function settings({ spec }: Network): string {
  const { initialWeights = "he", dropoutRate = 0, invertedDropout, weightDecay = 0, weightDecayNorm = "L2" } = spec;
  return [
    `initial weights: ${typeof initialWeights === "number" ? `standard deviation ${initialWeights}` : initialWeights}`,
    ...(dropoutRate > 0 ? [`dropout rate: ${dropoutRate}${invertedDropout ? ", inverted" : ""}`] : []),
    ...(weightDecay > 0 ? [`weight decay: ${weightDecay} (${weightDecayNorm})`] : []),
  ].join("; ");
}
