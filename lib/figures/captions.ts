/**
 * What stands under the figures that a notebook draws with a general function, such as {@link lossCurves}, and the
 * printed numbers of those that are our own. A figure keeps its id, by which it is linked to, whatever its number.
 */
interface Caption {
  /** The printed number; the id, if it is the chapter's own. */
  number?: string;
  /** For figures whose function does not make one of its data. */
  caption?: string;
}

const overSeeds = "The line is the median over the seeds, the band reaches from the lowest to the highest.";

const captions: Record<string, Caption> = {
  "6-9": {
    caption:
      "The loss of four update rules on MNIST over 2000 mini-batches, smoothed. All else is equal: network, initial weights, mini-batches.",
  },
  "6-9-live": {
    number: "6-8b",
    caption: "The loss of the training loop above, smoothed. In a running notebook the line grows as the loop runs.",
  },
  "6-9-seeds": {
    number: "6-9b",
    caption: `The loss of the four update rules once more, with several seeds each. ${overSeeds}`,
  },
  "6-9-schedules": {
    number: "6-9c",
    caption: `The loss on MNIST of SGD with a large learning rate, η = 0.5, over two epochs, smoothed: kept constant, reached after a warm-up, and decaying after it. ${overSeeds}`,
  },
  "6-14-scales": { number: "6-14b" },
  "6-15": {
    caption:
      "The loss on MNIST over 2000 mini-batches for three scales of the initial weights, smoothed. All else is equal.",
  },
  "6-15-seeds": {
    number: "6-15b",
    caption: `The loss from the three scales of the initial weights once more, with several seeds each. ${overSeeds}`,
  },
  "6-15-sigmoid": {
    number: "6-15c",
    caption: `The loss on MNIST of a network with sigmoid in its four hidden layers, for four standard deviations of the initial weights, learning rate 0.1, smoothed. ${overSeeds}`,
  },
  "6-15-updates": {
    number: "6-15d",
    caption:
      "The first 500 updates from Xavier's and He's scale, layer by layer. Above, the gradient of the weights; below, the update as a share of the weights, each as root mean square. Every fifth update is drawn.",
  },
  "6-18": {
    caption: `Training accuracy over 20 epochs with and without batch normalization, from one scale of the initial weights. ${overSeeds}`,
  },
  "6-20": {
    caption: "Accuracy on the 300 training images and on the 10,000 test images, without regularization.",
  },
  "6-21": { caption: `Training and test accuracy without weight decay and with it. ${overSeeds}` },
  "6-21-weights": { number: "6-21b" },
  "6-23": { caption: `Training and test accuracy without Dropout (left) and with it (right). ${overSeeds}` },
  "6-23-fair": {
    number: "6-23b",
    caption:
      "Test accuracy against training accuracy as training goes on, at every fifth epoch: the medians over the seeds. The mark is the last epoch. " +
      "Higher means better on new images at equal accuracy on the training images; on the thin line the two are equal.",
  },
  "6-23-adam": {
    number: "6-23c",
    caption:
      "Four weights of pixels that are black in all images, so that the images have no gradient for them: only the decay moves them.",
  },
  "6-24-parameters": { number: "6-24b" },
  "6-24-surrogate": { number: "6-24c" },
  "6-24-methods": { number: "6-24d" },
  "6-24-confusion": { number: "6-24e" },
  "6-24-wrong": { number: "6-24f" },
};

/** The printed number of a figure, like `"6-8b"` for our own `"6-9-live"`. */
export function figureNumber(id: string): string {
  return captions[id]?.number ?? id;
}

/**
 * The caption of a figure that has none of its own.
 *
 * @throws RangeError if there is none under that id
 */
export function captionOf(id: string): string {
  const caption = captions[id]?.caption;
  if (caption === undefined)
    throw new RangeError(
      `figure "${id}" has no caption: give it one, { id: "${id}", caption: "…" }, or write it in lib/figures/captions.ts`,
    );
  return caption;
}
