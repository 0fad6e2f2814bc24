/**
 * The exercises of section 6.2, initial weights.
 */
import { equal, near, type Finding } from "./finding";

export const section62 = {
  /** Which layer of 784-100-100-10 differs most between Glorot and Bengio's scale and 1/√n, and by which factor. */
  "6.2-1": (answer: { layer?: string; factor?: number }): Finding[] => {
    const layers = [
      { name: "784-100", inputs: 784, outputs: 100 },
      { name: "100-100", inputs: 100, outputs: 100 },
      { name: "100-10", inputs: 100, outputs: 10 },
    ].map(({ name, inputs, outputs }) => ({ name, factor: Math.sqrt((2 * inputs) / (inputs + outputs)) }));
    const most = layers.reduce((best, layer) => (layer.factor > best.factor ? layer : best));
    return [
      equal("the layer that differs most", answer.layer, most.name),
      near("larger by a factor of", answer.factor, most.factor, 0.005),
    ];
  },
};
