import { Network } from "../network";
import { AdaGrad, Adam, Momentum, Nesterov, RMSProp, SGD, type Optimizer } from "../optimizers";
import { Trainer, type History } from "../trainer";
import { prepare } from "./data";
import { parseRunSpec, updatesOf, type OptimizerSpec, type RunSpec } from "./spec";
import { StretchTrainer, type Stretch } from "./local/stretches";

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
 * @param options with `stretch`, the history has that part of the run alone.
 * @throws TypeError naming the field if the spec is not one; the signal's reason if aborted.
 */
export async function run(spec: RunSpec, options: RunOptions & { stretch?: Stretch } = {}): Promise<History> {
  const { onProgress, signal, stretch } = options;
  spec = parseRunSpec(spec);
  const sets = prepare(spec.data, spec.record);
  const network = new Network(spec.network, spec.seed);
  const optimizer = createOptimizer(spec.optimizer);
  const trainer = stretch
    ? new StretchTrainer(network, optimizer, sets, spec, stretch)
    : new Trainer(network, optimizer, sets, spec);
  let turnEnds = Date.now() + TURN;
  const turn = async () => {
    if (Date.now() < turnEnds) return;
    onProgress?.(trainer.recorded, updatesOf(spec));
    await new Promise(setImmediate);
    signal?.throwIfAborted();
    turnEnds = Date.now() + TURN;
  };
  try {
    trainer.compile();
    while (trainer.steps(UPDATES_TOGETHER) > 0) await turn();
    if (trainer instanceof StretchTrainer) {
      await stretch?.onTrained?.(trainer.state());
      while (trainer.measure()) await turn();
    }
    onProgress?.(trainer.recorded, updatesOf(spec));
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
