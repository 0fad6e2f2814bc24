import { tf } from "../engine/backend";
import { restore, snapshot, type Snapshot } from "../engine/snapshot";

/** A network's weights by name: `W1`, `b1`, `gamma1`, … Variables, so that an update is seen by every layer. */
export type Params = Record<string, tf.Variable>;

/** The loss's gradient by parameter, under the same names. */
export type Grads = Record<string, tf.Tensor>;

/** Every update rule of the chapter: one step on all parameters, in place. */
export interface Optimizer {
  /** @throws if a parameter has no gradient, or one of another shape. */
  update(params: Params, grads: Grads): void;
  /** What the rule remembers between steps, if it does. */
  readonly memory?: Memory;
  /** Frees what the rule remembers between steps. */
  dispose(): void;
}

/** What a rule remembers between steps: how many there were, and variables of the parameters' shapes, 0 at first. */
export class Memory {
  steps = 0;
  private readonly variables: Params = {};

  /** What is remembered of a parameter, as its `"velocity"`. */
  of(what: string, name: string, parameter: tf.Tensor): tf.Variable {
    return (this.variables[`${what} of ${name}`] ??= zeros(parameter.shape));
  }

  state(): MemoryState {
    return { steps: this.steps, variables: snapshot(this.variables) };
  }

  /** Goes on from what another one remembered. */
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
