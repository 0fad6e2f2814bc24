import { checked } from "../checked";
import { tf } from "../engine/backend";
import { changing } from "../engine/changing";
import { restore, snapshot, type Snapshot } from "../engine/snapshot";
import { hyperparametersOf } from "./hyperparameters";
import { factorAt, type LearningRateSchedule } from "./schedule";

/** A network's weights by name: `W1`, `b1`, `gamma1`, … Variables, so that an update is seen by every layer. */
export type Params = Record<string, tf.Variable>;

/** The gradient of the loss for each parameter, under the same names. */
export type Grads = Record<string, tf.Tensor>;

/** An update rule: one update of all parameters, in place. */
export interface Optimizer {
  /** @throws if a parameter has no gradient, or one of another shape. */
  update(params: Params, grads: Grads): void;
  /** What is kept between updates, if anything. */
  readonly memory?: Memory;
  /** Frees what is kept between updates. */
  dispose(): void;
}

/** What a rule remembers: the number of updates, and variables of the parameters' shapes, initially 0. */
export class Memory {
  /** Updates made. */
  steps = 0;
  private readonly variables: Params = {};
  /** Whose values they belong to, by the parameter's name. */
  private readonly owners: Params = {};

  /** The variable kept for a parameter under this name, such as its `"velocity"`. */
  of(what: string, name: string, parameter: tf.Variable): tf.Variable {
    this.claim({ [name]: parameter });
    return (this.variables[`${what} of ${name}`] ??= zeros(parameter.shape));
  }

  /** Says that what is remembered under these names belongs to these parameters. */
  claim(params: Params): void {
    Object.assign(this.owners, params);
  }

  /** @throws Error if what is remembered under a parameter's name belongs to that of another network. */
  check(params: Params): void {
    const name = Object.keys(params).find((name) => (this.owners[name] ?? params[name]) !== params[name]);
    if (name === undefined) return;
    throw new Error(
      `update: this rule remembers another network's ${name}; give each network a rule of its own, or call the rule's ` +
        "dispose() in between, so that it begins anew",
    );
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
    for (const name of Object.keys(this.owners)) delete this.owners[name];
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

/** What the library's rules have in common: a learning rate, perhaps a schedule for it, and a memory. */
export abstract class UpdateRule implements Optimizer {
  readonly memory = new Memory();
  /** Lets the learning rate differ from update to update; it is the same for all if not given. */
  declare schedule?: LearningRateSchedule;

  constructor(public learningRate: number) {}

  abstract update(params: Params, grads: Grads): void;

  /** The learning rate at update `t`, counted from 1. */
  protected rateAt(t: number): number {
    return this.schedule ? this.learningRate * factorAt(this.schedule, t) : this.learningRate;
  }

  /** The rate that `eachParameter` hands on at update `t`, for a rule that corrects it. */
  protected correctedRateAt(t: number): number {
    return this.rateAt(t);
  }

  /**
   * Counts an update, applies `step` to each parameter `W`, its gradient and the learning rate, and frees intermediate
   * tensors. All is checked before, so an update that throws has changed nothing.
   */
  protected eachParameter(
    params: Params,
    grads: Grads,
    step: (W: tf.Variable, gradient: tf.Tensor, rate: tf.Tensor, name: string) => void,
  ): void {
    this.check(params, grads);
    tf.tidy(() => {
      const rate = changing(() => tf.scalar(this.correctedRateAt(++this.memory.steps)));
      for (const name of Object.keys(params)) step(params[name], grads[name], rate, name);
    });
  }

  /** @throws as {@link checkHyperparameters} does, and if a gradient or the memory is not that of its parameter. */
  protected check(params: Params, grads: Grads): void {
    this.checkHyperparameters();
    checkGradients(params, grads);
    this.memory.check(params);
    if (this.schedule) this.memory.claim(params);
  }

  /** @throws TypeError naming each hyperparameter that is out of range. They can be set by hand, so updates ask for this. */
  checkHyperparameters(): void {
    checked(hyperparametersOf, this, this.constructor.name);
  }

  dispose(): void {
    this.memory.dispose();
  }
}

/** @throws if a parameter has no gradient, or one of another shape. */
function checkGradients(params: Params, grads: Grads): void {
  for (const name of Object.keys(params)) {
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
}
