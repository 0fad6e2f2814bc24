import { tf } from "../engine/backend";
import { restore, snapshot, type Snapshot } from "../engine/snapshot";

/** A network's weights by name: `W1`, `b1`, `gamma1`, … Variables, so that an update is seen by every layer. */
export type Params = Record<string, tf.Variable>;

/** The gradient of the loss for each parameter, under the same names. */
export type Grads = Record<string, tf.Tensor>;

/** An update rule: one step on all parameters, in place. */
export interface Optimizer {
  /** @throws if a parameter has no gradient, or one of another shape. */
  update(params: Params, grads: Grads): void;
  /** State kept between steps, if any. */
  readonly memory?: Memory;
  /** Frees the state kept between steps. */
  dispose(): void;
}

/** A rule's state between steps: their number, and variables of the parameters' shapes, initially 0. */
export class Memory {
  steps = 0;
  private readonly variables: Params = {};

  /** The variable kept for a parameter under this name, such as its `"velocity"`. */
  of(what: string, name: string, parameter: tf.Tensor): tf.Variable {
    return (this.variables[`${what} of ${name}`] ??= zeros(parameter.shape));
  }

  state(): MemoryState {
    return { steps: this.steps, variables: snapshot(this.variables) };
  }

  /** Takes over a saved state. */
  restore({ steps, variables }: MemoryState): void {
    this.dispose();
    this.steps = steps;
    for (const [name, { shape }] of Object.entries(variables)) this.variables[name] = zeros(shape);
    restore(this.variables, variables);
  }

  dispose(): void {
    this.steps = 0;
    for (const name of Object.keys(this.variables)) {
      this.variables[name].dispose();
      delete this.variables[name];
    }
  }
}

export interface MemoryState {
  steps: number;
  variables: Snapshot;
}

const zeros = (shape: number[]): tf.Variable => tf.tidy(() => tf.variable(tf.zeros(shape), false));

/**
 * Applies `step` to each parameter and its gradient, and frees intermediate tensors. All gradients are
 * checked before the first step, so an update that throws has changed nothing.
 */
export function eachParameter(
  params: Params,
  grads: Grads,
  step: (parameter: tf.Variable, gradient: tf.Tensor, name: string) => void,
): void {
  const names = Object.keys(params);
  for (const name of names) {
    const gradient = grads[name];
    if (gradient === undefined) {
      throw new Error(
        `update: no gradient for parameter ${name}; the gradients given are ${Object.keys(grads).join(", ") || "none"}`,
      );
    }
    if (!tf.util.arraysEqual(params[name].shape, gradient.shape)) {
      throw new Error(
        `update: parameter ${name} has shape [${params[name].shape.join(", ")}], its gradient [${gradient.shape.join(", ")}]`,
      );
    }
  }
  tf.tidy(() => {
    for (const name of names) step(params[name], grads[name], name);
  });
}
