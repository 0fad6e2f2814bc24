import { tf } from "../backend";

/** A network's weights by name: `W1`, `b1`, `gamma1`, … Variables, so that an update is seen by every layer. */
export type Params = Record<string, tf.Variable>;

/** The loss's gradient by parameter, under the same names. */
export type Grads = Record<string, tf.Tensor>;

/** Every update rule of the chapter: one step on all parameters, in place. */
export interface Optimizer {
  /** @throws if a parameter has no gradient, or one of another shape. */
  update(params: Params, grads: Grads): void;
  /** Frees what the rule remembers between steps. */
  dispose(): void;
}

/**
 * What a rule remembers of each parameter between steps (a velocity, a sum of squares): a variable
 * of the parameter's shape, 0 at first.
 */
export class State {
  private readonly variables: Params = {};

  of(name: string, parameter: tf.Tensor): tf.Variable {
    return (this.variables[name] ??= tf.tidy(() => tf.variable(tf.zeros(parameter.shape), false)));
  }

  dispose(): void {
    for (const name of Object.keys(this.variables)) {
      this.variables[name].dispose();
      delete this.variables[name];
    }
  }
}

/**
 * Takes `step` on each parameter with its gradient, and frees what a step leaves behind. All gradients
 * are checked before the first step, so a refused update has changed nothing.
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
      throw new Error(`update: no gradient for parameter ${name}; the gradients given are ${Object.keys(grads).join(", ") || "none"}`);
    }
    if (!tf.util.arraysEqual(params[name].shape, gradient.shape)) {
      throw new Error(`update: parameter ${name} has shape [${params[name].shape.join(", ")}], its gradient [${gradient.shape.join(", ")}]`);
    }
  }
  tf.tidy(() => {
    for (const name of names) step(params[name], grads[name], name);
  });
}
