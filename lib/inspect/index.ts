/**
 * How the library's values and TensorFlow's tensors show themselves: as a cell's last value, in `console.log` or in a
 * terminal, alone or within other objects. Loading this file sets it up; the classes know nothing of it.
 */
import { inspect } from "node:util";
import { tf } from "../engine/backend";
import { Dataset } from "../data/dataset";
import { DatasetTensors } from "../data/tensors";
import { bytesOf } from "../engine/bytes";
import { SharedRuns } from "../experiments/run-all";
import { activations, Affine, BatchNormalization, Dropout, SoftmaxWithLoss } from "../layers";
import { Network } from "../network";
import * as rules from "../optimizers";
import type { Optimizer } from "../optimizers";
import { GaussianProcess } from "../search";
import { Trainer } from "../trainer";
import { datasetLook } from "./dataset";
import { showsItself } from "./history";
import { named, setLookOf } from "../look";
import { networkLook } from "./network";
import { tensorText } from "./tensor";

setLookOf(tf.Tensor, { text: tensorText });
setLookOf(Dataset, datasetLook);
setLookOf(Network, networkLook);

/** Shows objects as the name of their class and these properties. */
function showProperties<T extends object>(type: { prototype: T }, properties: (value: T) => object): void {
  setLookOf(type, { text: (value) => named(value.constructor.name, properties(value)) });
}

/** Images as numbers, of which so many are made only to be shown. */
const MOST_MADE = 1e6;

setLookOf(DatasetTensors, {
  text(tensors, _depth, { stylize }) {
    const { t, count } = tensors;
    const bytes = bytesOf(tensors);
    const shown = () => {
      if (!bytes) return tensors.x; // another is in its place
      const [rows, columns] = bytes.shape;
      if (tensors.made && !tensors.made.isDisposed) return tensors.made;
      if (!bytes.isDisposed && rows * columns <= MOST_MADE) return tensors.x;
      const state = stylize(bytes.isDisposed ? "disposed" : "made when read", "special");
      return { [inspect.custom]: () => `Tensor [${rows}, ${columns}] float32, ${state}` };
    };
    return { x: shown(), t, count };
  },
});

// Layers: their shapes and settings, but not what they keep for `backward`.
showProperties(Affine, ({ W, b }) => ({ W: W.shape, b: b.shape }));
for (const layer of [...Object.values(activations), SoftmaxWithLoss]) showProperties<object>(layer, () => ({}));
showProperties(BatchNormalization, ({ gamma, beta, momentum }) => ({ gamma: gamma.shape, beta: beta.shape, momentum }));
showProperties(Dropout, ({ rate, inverted }) => ({ rate, inverted }));

// Update rules: their hyperparameters, and the number of steps where they count them.
for (const rule of Object.values(rules)) {
  showProperties<Optimizer>(rule, ({ memory, ...hyperparameters }) =>
    memory?.steps ? { ...hyperparameters, steps: memory.steps } : hyperparameters,
  );
}

showProperties(Trainer, (trainer) => {
  const { iterations, epochs, ...options } = trainer.options;
  const images = Object.entries(trainer.sets).map(([name, set]) => [name, set?.count]);
  return {
    updates: `${trainer.done} of ${trainer.iterations}`,
    network: trainer.network,
    optimizer: trainer.optimizer,
    images: Object.fromEntries(images),
    ...options,
    ...(epochs !== undefined && { epochs }),
    history: showsItself(trainer.history),
  };
});

showProperties(GaussianProcess, (process) => ({
  places: process["x"].length,
  ...process["options"],
  logLikelihood: process.logLikelihood,
}));

// A Trainer's history shows itself from the first update on. Trainer itself stays as the chapter lists it.
const { noteUpdate } = Trainer.prototype;
Trainer.prototype.noteUpdate = function (terms) {
  showsItself(this.history);
  noteUpdate.call(this, terms);
};

// The histories of runs show themselves, too.
const { run } = SharedRuns.prototype;
SharedRuns.prototype.run = async function (...request) {
  return showsItself(await run.apply(this, request));
};
