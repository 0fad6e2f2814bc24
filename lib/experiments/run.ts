import { tf } from "../backend";
import { Network } from "../network";
import { AdaGrad, Adam, Momentum, Nesterov, RMSProp, SGD, type Optimizer } from "../optimizers";
import { randomStream } from "../random";
import { prepare, type Examples } from "./data";
import { parseRunSpec, type History, type OptimizerSpec, type RunSpec } from "./spec";

export interface RunOptions {
  /** Called now and then with the updates made so far and how many there will be. */
  onProgress?: (done: number, total: number) => void;
  /** Ends the run at the next pause; `run` then throws the signal's reason. */
  signal?: AbortSignal;
}

/**
 * Bumped whenever equal specs may give other histories than before, so that a stored history is
 * never taken for one of today's.
 */
export const ALGORITHM = 1;

/** How long training may hold the thread before others get a turn, in ms. */
const TURN = 50;

/**
 * Trains a network as the spec says: a pure function of it.
 *
 * @throws TypeError naming the field if the spec is not one; the signal's reason if aborted.
 */
export async function run(spec: RunSpec, { onProgress, signal }: RunOptions = {}): Promise<History> {
  spec = parseRunSpec(spec);
  const { train, validation, test } = prepare(spec.data, spec.record);
  const updatesPerEpoch = Math.max(Math.floor(train.count / spec.batchSize), 1);
  const total = spec.iterations ?? (spec.epochs! - 1) * updatesPerEpoch + 1;

  const network = new Network(spec.network, spec.seed);
  const optimizer = createOptimizer(spec.optimizer);
  const batches = randomStream(spec.seed, "batches");
  const history: History = {
    iterations: 0,
    loss: [],
    trainAccuracy: [],
    validationAccuracy: [],
    testAccuracy: [],
    divergedAt: null,
  };

  const record = new Set(spec.record);
  const isFinite = () => Object.values(network.params).every((W) => Number.isFinite(W.sum().dataSync()[0]));
  const accuracy = (set: Examples) => (history.divergedAt === null ? network.accuracy(set.x, set.t) : null);

  try {
    let turnEnds = Date.now() + TURN;
    for (let i = 0; i < total; i++) {
      tf.tidy(() => {
        if (history.divergedAt === null) {
          const { x, t } = miniBatch(train, spec.batchSize, batches);
          optimizer.update(network.params, network.gradient(x, t));
          history.iterations++;
          if (record.has("loss")) {
            const loss = network.loss(x, t);
            if (!Number.isFinite(loss)) history.divergedAt = i + 1;
            history.loss.push(Number.isFinite(loss) ? loss : null);
          }
        } else if (record.has("loss")) {
          history.loss.push(null);
        }
        if (spec.epochs !== undefined && i % updatesPerEpoch === 0) {
          if (history.divergedAt === null && !isFinite()) history.divergedAt = i + 1;
          if (record.has("trainAccuracy")) history.trainAccuracy.push(accuracy(train));
          if (record.has("validationAccuracy")) history.validationAccuracy.push(accuracy(validation!));
          if (record.has("testAccuracy")) history.testAccuracy.push(accuracy(test!));
        }
      });
      if (Date.now() >= turnEnds) {
        onProgress?.(i + 1, total);
        await new Promise(setImmediate);
        signal?.throwIfAborted();
        turnEnds = Date.now() + TURN;
      }
    }
    onProgress?.(total, total);
    return history;
  } finally {
    network.dispose();
    optimizer.dispose();
  }
}

/** `size` rows of the set, drawn with replacement. */
function miniBatch({ x, t, count }: Examples, size: number, stream: { integer(n: number): number }) {
  const rows = tf.tensor1d(Int32Array.from({ length: size }, () => stream.integer(count)), "int32");
  return { x: tf.gather(x, rows), t: tf.gather(t, rows) };
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
