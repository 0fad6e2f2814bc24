import { Network } from "../network";
import { AdaGrad, Adam, Momentum, Nesterov, RMSProp, SGD, type Optimizer } from "../optimizers";
import { Trainer, type History, type Share } from "../trainer";
import { prepare } from "./data";
import { parseRunSpec, type OptimizerSpec, type RunSpec } from "./spec";

export interface RunOptions {
  /** Called now and then with the updates made so far and how many there will be. */
  onProgress?: (done: number, total: number) => void;
  /** Ends the run at the next pause; `run` then throws the signal's reason. */
  signal?: AbortSignal;
}

/** How long training may hold the thread before others get a turn, in ms. It changes no result. */
const TURN = 100;

/** Updates in one graph: ten are hardly faster than five, and take twice as long to load. It changes no result. */
const UPDATES_TOGETHER = 5;

/**
 * Trains a network as the spec says: a pure function of it.
 *
 * @param options with `share`, the history has that part alone.
 * @throws TypeError naming the field if the spec is not one; the signal's reason if aborted.
 */
export async function run(spec: RunSpec, options: RunOptions & { share?: Share } = {}): Promise<History> {
  const { onProgress, signal, share } = options;
  spec = parseRunSpec(spec);
  const sets = prepare(spec.data, spec.record);
  const network = new Network(spec.network, spec.seed);
  const optimizer = createOptimizer(spec.optimizer);
  const trainer = new Trainer(network, optimizer, sets, { ...spec, share }).compile();
  try {
    let turnEnds = Date.now() + TURN;
    for (let done = 0; done < trainer.iterations; ) {
      done += trainer.steps(UPDATES_TOGETHER);
      if (Date.now() < turnEnds) continue;
      onProgress?.(done, trainer.iterations);
      await new Promise(setImmediate);
      signal?.throwIfAborted();
      turnEnds = Date.now() + TURN;
    }
    onProgress?.(trainer.iterations, trainer.iterations);
    return trainer.history;
  } finally {
    trainer.dispose();
    network.dispose();
    optimizer.dispose();
  }
}

/** The update rule that the spec names. */
export function createOptimizer(spec: OptimizerSpec): Optimizer {
  switch (spec.name) {
    case "SGD":
      return new SGD(spec.learningRate);
    case "Momentum":
      return new Momentum(spec.learningRate, spec.momentum);
    case "Nesterov":
      return new Nesterov(spec.learningRate, spec.momentum);
    case "AdaGrad":
      return new AdaGrad(spec.learningRate);
    case "RMSProp":
      return new RMSProp(spec.learningRate, spec.decayRate);
    case "Adam":
      return new Adam(spec.learningRate, spec.beta1, spec.beta2);
  }
}
