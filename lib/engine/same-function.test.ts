// What people write in rules, layers and loops that is another function from call to call. Compiled, each has to give
// the history that it gives as written, or be refused by name.
import assert from "node:assert/strict";
import { tf } from "./backend";
import { changing } from "./changing";
import { pure } from "./pure";
import { Training } from "../experiments/training";
import type { BatchNormalization, Dropout, Layer } from "../layers";
import { Network, type NetworkSpec } from "../network";
import * as rules from "../optimizers";
import {
  AdaGrad,
  Adam,
  AdamW,
  Momentum,
  Nesterov,
  RMSProp,
  SGD,
  type Grads,
  type Optimizer,
  type Params,
} from "../optimizers";
import { randomStream } from "../random";
import { Trainer, type History } from "../trainer";
import { test } from "../testing/on-tensorflow";

const random = randomStream(7, "data");
const train = {
  x: tf.tensor2d(random.normals(60 * 12), [60, 12]),
  t: tf.tensor1d(Int32Array.from({ length: 60 }, () => random.integer(3))),
  count: 60,
};
train.t = train.t.cast("int32");

interface Way {
  network?: Partial<NetworkSpec>;
  rule?: () => Optimizer;
  /** Put in the place of the first activation. */
  layer?: () => Layer;
  /** Before each update. */
  before?: (update: number, network: Network, rule: Optimizer) => void;
}

const UPDATES = 100;

/** Trains, and gives the losses, or the message of the error that ended it. */
function losses(way: Way, form: "as written" | "a graph" | "five in a graph"): History["loss"] | string {
  const network = new Network({ inputSize: 12, hiddenSizes: [9, 8], outputSize: 3, ...way.network }, 1);
  if (way.layer) network["layers"][1] = way.layer();
  const rule = way.rule?.() ?? new SGD(0.1);
  const options = { batchSize: 10, iterations: UPDATES, record: ["loss" as const], seed: 1 };
  const trainer = new Trainer(network, rule, { train }, options);
  try {
    if (form === "five in a graph") {
      const training = new Training(trainer);
      do way.before?.(trainer.done, network, rule);
      while (training.advance(5));
    } else {
      if (form === "a graph") trainer.compile();
      for (let update = 0; update < UPDATES; update++) {
        way.before?.(update, network, rule);
        trainer.step();
      }
    }
    return trainer.history.loss;
  } catch (error) {
    return (error as Error).message;
  }
}

/** A rule from outside the library. */
const own = (step: (W: tf.Variable, gradient: tf.Tensor, name: string) => void): Optimizer => ({
  update: (params: Params, grads: Grads) => {
    for (const name of Object.keys(params)) step(params[name], grads[name], name);
  },
  dispose() {},
});
const move = (W: tf.Variable, gradient: tf.Tensor, rate: number | tf.Tensor = 0.1) =>
  W.assign(W.sub(gradient.mul(rate)));

/** Changes a setting by hand, once. */
const at20 =
  (change: (network: Network, rule: Record<string, number>) => void): Way["before"] =>
  (update, network, rule) => {
    if (update === 20) change(network, rule as unknown as Record<string, number>);
  };
const slower = at20((_, rule) => (rule.learningRate /= 10));

class Decay implements Optimizer {
  t = 0;
  update(params: Params, grads: Grads): void {
    const rate = 0.1 / (1 + 0.1 * this.t++);
    for (const name of Object.keys(params)) move(params[name], grads[name], rate);
  }
  dispose(): void {}
}

class Scheduled extends SGD {
  private calls = 0;
  override update(params: Params, grads: Grads): void {
    this.learningRate = 0.1 * 0.9 ** this.calls++;
    super.update(params, grads);
  }
}

class ScheduledAdam extends Adam {
  private calls = 0;
  override update(params: Params, grads: Grads): void {
    this.learningRate = 0.01 * 0.9 ** this.calls++;
    super.update(params, grads);
  }
}

class Noise implements Layer {
  forward = (x: tf.Tensor) => x.relu().add(tf.randomNormal(x.shape, 0, 0.1, "float32", 3 + noises++));
  backward = (dout: tf.Tensor) => dout;
}
let noises = 0;

class Masked implements Layer {
  private mask?: tf.Tensor;
  forward(x: tf.Tensor): tf.Tensor {
    this.mask = tf.dropout(tf.onesLike(x), 0.3, undefined, 3 + noises++);
    return x.mul(this.mask);
  }
  backward = (dout: tf.Tensor) => dout.mul(this.mask!);
}

class Warm implements Layer {
  private calls = 0;
  forward = (x: tf.Tensor) => x.mul(Math.min(1, ++this.calls / 30));
  backward = (dout: tf.Tensor) => dout.mul(Math.min(1, this.calls / 30));
}

const same: Record<string, () => Way> = {
  "a rate changed by hand, SGD": () => ({ before: slower }),
  "a rate changed by hand, Momentum": () => ({ rule: () => new Momentum(0.1), before: slower }),
  "a rate changed by hand, Nesterov": () => ({ rule: () => new Nesterov(0.1), before: slower }),
  "a rate changed by hand, AdaGrad": () => ({ rule: () => new AdaGrad(0.1), before: slower }),
  "a rate changed by hand, RMSProp": () => ({ rule: () => new RMSProp(0.01), before: slower }),
  "a rate changed by hand, Adam": () => ({ rule: () => new Adam(0.01), before: slower }),
  "a rate changed before each update": () => ({
    before: (update, _, rule) => ((rule as SGD).learningRate = 1 / (10 + update)),
  }),
  "momentum changed by hand": () => ({
    rule: () => new Momentum(0.1),
    before: at20((_, rule) => (rule.momentum = 0.5)),
  }),
  "β₁ changed by hand": () => ({ rule: () => new Adam(0.01), before: at20((_, rule) => (rule.beta1 = 0.5)) }),
  "the decay rate changed by hand": () => ({
    rule: () => new RMSProp(0.01),
    before: at20((_, rule) => (rule.decayRate = 0.5)),
  }),
  "the momentum of batch normalization changed by hand": () => ({
    network: { batchNormalization: "before" },
    before: at20((network) => ((network["layers"][1] as BatchNormalization).momentum = 0.2)),
  }),
  "the decay of AdamW changed by hand": () => ({
    rule: () => new AdamW(0.01),
    before: at20((_, rule) => (rule.weightDecay = 0.5)),
  }),
  "a schedule set by hand": () => ({
    before: at20((_, rule) => Object.assign(rule, { schedule: { decay: "linear", updates: 80 } })),
  }),
  "weight decay changed by hand": () => ({
    network: { weightDecay: 0.01 },
    before: at20((network) => (network.spec.weightDecay = 0.2)),
  }),
  "weight decay added by hand": () => ({ before: at20((network) => (network.spec.weightDecay = 0.2)) }),
  "a Dropout whose rate grows": () => ({
    network: { dropoutRate: 0.1 },
    before: (update, network) => ((network["layers"][2] as Dropout).rate = update / 200),
  }),
  "a rule that sets its own rate": () => ({ rule: () => new Scheduled(0.1) }),
  "a rule that sets its own rate, and corrects it": () => ({ rule: () => new ScheduledAdam() }),
  "a rate that decays with a counter of the rule": () => ({ rule: () => new Decay() }),
  "a rate that decays with a counter of a closure": () => {
    let t = 0;
    return { rule: () => own((W, gradient) => void move(W, gradient, 0.1 / (1 + 0.01 * t++))) };
  },
  "a rate that is a random number": () => {
    const stream = randomStream(1, "rates");
    return { rule: () => own((W, gradient) => void move(W, gradient, stream.uniform())) };
  },
  "every second update only": () => {
    let calls = 0;
    return { rule: () => own((W, gradient) => void (Math.floor(calls++ / 6) % 2 === 0 && move(W, gradient))) };
  },
  "a rate that is a tensor, another one each time": () => {
    let rate = tf.scalar(0.1);
    return {
      rule: () => own((W, gradient) => void move(W, gradient, rate)),
      before: (update) => (rate = tf.keep(tf.scalar(1 / (10 + update)))),
    };
  },
  "a rule that reads a variable": () => ({
    rule: () => own((W, gradient) => void move(W, gradient, 0.1 * Math.min(1, Math.abs(W.dataSync()[0])))),
  }),
  "updates that stop after the 20th": () => {
    let calls = 0;
    return { rule: () => own((W, gradient) => void (calls++ < 20 * 6 && move(W, gradient))) };
  },
  "a weight matrix frozen from outside": () => {
    const frozen = new Set<string>();
    return {
      rule: () => own((W, gradient, name) => void (frozen.has(name) || move(W, gradient))),
      before: (update) => void (update === 20 && frozen.add("W1")),
    };
  },
  "a layer with tf.randomNormal": () => ((noises = 0), { layer: () => new Noise() }),
  "a layer with tf.dropout": () => ((noises = 0), { layer: () => new Masked() }),
  "a layer that warms up": () => ({ layer: () => new Warm() }),
};

for (const [name, way] of Object.entries(same))
  test(`as a graph as written: ${name}`, (t) => {
    t.mock.method(console, "warn", () => {});
    // A fresh closure each time, and the same changes at the same updates.
    assert.deepEqual(losses(way(), "a graph"), losses(way(), "as written"));
  });

const beforeFive: Record<string, () => Way> = Object.fromEntries(
  Object.entries(same).filter(([name]) => !/before each|whose rate grows|another one each time/.test(name)),
);
for (const [name, way] of Object.entries(beforeFive))
  test(`five updates in a graph as they are written: ${name}`, (t) => {
    t.mock.method(console, "warn", () => {});
    assert.deepEqual(losses(way(), "five in a graph"), losses(way(), "as written"));
  });

test("a rule or layer from outside the library runs as written unless it is declared pure, and a warning says so once", (t) => {
  const warn = t.mock.method(console, "warn", () => {});
  losses(same["a rate that decays with a counter of the rule"](), "a graph");
  losses(same["a layer that warms up"](), "a graph");
  assert.deepEqual(
    warn.mock.calls.map(({ arguments: [text] }) => String(text)),
    ["Decay", "Warm (Network.layers.1)"].map(
      (part) =>
        `compile: the step goes through ${part}, which is not known to do the same at each call (declare such a class with ` +
        "pure(…)), so it runs as written. For a graph to include it, what differs from call to call has to come from " +
        "changing(() => …).",
    ),
  );
});

class Swish implements Layer {
  private x?: tf.Tensor;
  forward = (x: tf.Tensor) => (this.x = x).mul(x.sigmoid());
  backward(dout: tf.Tensor): tf.Tensor {
    const y = this.x!.sigmoid();
    return dout.mul(y.add(this.x!.mul(y).mul(tf.sub(1, y))));
  }
}
pure(Swish);

/** Said to be pure, and is not. */
class Liar extends Decay {}
pure(Liar);

test("a layer that is said to be pure runs as a graph", (t) => {
  const warn = t.mock.method(console, "warn", () => {});
  assert.deepEqual(losses({ layer: () => new Swish() }, "a graph"), losses({ layer: () => new Swish() }, "as written"));
  assert.equal(warn.mock.callCount(), 0);
});

/** Rules whose steps differ in what comes from `changing` alone, each with a stream of its own. */
const changingRules: Record<string, () => Optimizer> = {
  "a mask that operations make": () => {
    const stream = randomStream(1, "masks");
    return own((W, gradient) => {
      const mask = changing(() => tf.tensor(stream.normals(W.size), W.shape).greater(0).cast("float32"));
      move(W, gradient.mul(mask));
    });
  },
  "what changes inside of what changes": () => {
    const stream = randomStream(1, "rates");
    return own((W, gradient) => {
      move(
        W,
        gradient,
        changing(() => changing(() => tf.scalar(stream.uniform())).mul(0.1)),
      );
    });
  },
};
for (const [name, newRule] of Object.entries(changingRules))
  test(`a graph is made of a step with ${name}`, (t) => {
    const warn = t.mock.method(console, "warn", () => {});
    const rule = () => {
      const made = newRule();
      pure(made);
      return made;
    };
    const written = losses({ rule }, "as written");
    assert.deepEqual(losses({ rule }, "a graph"), written);
    assert.deepEqual(losses({ rule }, "five in a graph"), written);
    assert.equal(warn.mock.callCount(), 0);
  });

test("what is made by changing may not read a variable", () => {
  const rule = own((W, gradient) => {
    move(
      W,
      gradient,
      changing(() => tf.scalar(W.dataSync()[0])),
    );
  });
  pure(rule);
  assert.deepEqual(losses({ rule: () => rule }, "five in a graph"), losses({ rule: () => rule }, "as written"));
});

for (const change of ["batch size", "images"] as const)
  test(`another ${change}, set on a compiled trainer, takes effect at once, and compiling again does no harm`, () => {
    const history = (isCompiled: boolean) => {
      const network = new Network({ inputSize: 12, hiddenSizes: [9], outputSize: 3 }, 1);
      const options = { batchSize: 10, epochs: 8, record: ["loss" as const, "trainAccuracy" as const], seed: 1 };
      const trainer = new Trainer(network, new SGD(0.1), { train }, options);
      if (isCompiled) trainer.compile().compile();
      for (let update = 0; update < 43; update++) {
        if (update === 7 && change === "batch size") options.batchSize = 3;
        if (update === 7 && change === "images") trainer.sets.train = { ...train, x: train.x.mul(2) };
        trainer.step();
      }
      if (change === "images") {
        const { x, t } = trainer.sets.train;
        assert.equal(trainer.history.trainAccuracy.at(-1), network.accuracy(x, t));
      }
      network.dispose();
      return trainer.history;
    };
    assert.deepEqual(history(true), history(false));
  });

for (const form of ["a graph", "five in a graph"] as const)
  test(`a rule of the library's that was given another method runs as it is written: ${form}`, (t) => {
    const warn = t.mock.method(console, "warn", () => {});
    const rule = () => {
      let t = 0;
      return Object.assign(
        new SGD(0.1),
        own((W, gradient) => void move(W, gradient, t++ < 300 ? 0.1 : 0.01)),
      );
    };
    assert.deepEqual(losses({ rule }, form), losses({ rule }, "as written"));
    assert.match(
      String(warn.mock.calls[0].arguments[0]),
      /^compile: the step goes through SGD, which is not known to do the same at each call/,
    );
  });

test("a rule that is wrongly said to be pure, and counts in a property, is seen at once", (t) => {
  const warn = t.mock.method(console, "warn", () => {});
  assert.deepEqual(losses({ rule: () => new Liar() }, "a graph"), losses({ rule: () => new Liar() }, "as written"));
  assert.match(
    String(warn.mock.calls[0].arguments[0]),
    /^compile: the step changes Liar.t from 0 to 1, so it runs as written/,
  );
});

test("a rule that is wrongly said to be pure, and goes by a variable outside, is refused by name when it is compared again", () => {
  let rate = 0.1;
  const rule = own((W, gradient) => void move(W, gradient, rate));
  pure(rule);
  const way: Way = { rule: () => rule, before: (update) => void (rate = update < 20 ? 0.1 : 0.01) };
  assert.match(
    String(losses(way, "a graph")),
    /^compile: the step computes the number 0\.01 in JavaScript, which it did not before; 16 or more of its calls may have been computed like the first ones/,
  );
});

test("what a pure rule computes outside of changing is refused by name when it is compared again", () => {
  let rate = 1;
  const stale = own((W, gradient) => {
    const outside = (rate *= 0.999);
    const tensor = changing(() => tf.scalar(outside));
    move(W, gradient, tensor);
  });
  pure(stale);
  for (const form of ["a graph", "five in a graph"] as const)
    assert.match(
      String(losses({ rule: () => stale }, form)),
      /^compile: the step computes what changing\(\(\) => …\) uses outside of it; \d+ or more of its calls may have been/,
    );
});

test("a mask that changing makes of what the step computes runs as written, and a warning says why", (t) => {
  const warn = t.mock.method(console, "warn", () => {});
  class Mask implements Layer {
    private mask?: tf.Tensor;
    forward(x: tf.Tensor): tf.Tensor {
      this.mask = changing(() => x.greater(0).cast("float32"));
      return x.mul(this.mask);
    }
    backward = (dout: tf.Tensor) => dout.mul(this.mask!);
  }
  const layer = () => {
    const made = new Mask();
    pure(made);
    return made;
  };
  assert.deepEqual(losses({ layer }, "a graph"), losses({ layer }, "as written"));
  assert.match(
    String(warn.mock.calls[0].arguments[0]),
    /^compile: the step uses a tensor that it computes inside of changing\(\(\) => …\), so it runs as written/,
  );
});

test("a rate from changing that falls at the very call that is compared is not refused", (t) => {
  const warn = t.mock.method(console, "warn", () => {});
  for (const call of [2, 15, 16, 17, 32]) {
    const rule = () => {
      let calls = 0;
      const made: Optimizer = {
        update(params: Params, grads: Grads) {
          const rate = changing(() => tf.scalar(++calls < call ? 0.1 : 0.01));
          for (const name of Object.keys(params)) move(params[name], grads[name], rate);
        },
        dispose() {},
      };
      pure(made);
      return made;
    };
    assert.deepEqual(losses({ rule }, "a graph"), losses({ rule }, "as written"));
    assert.deepEqual(losses({ rule }, "five in a graph"), losses({ rule }, "as written"));
  }
  assert.equal(warn.mock.callCount(), 0);
});

test("a step that was refused is not tried as a graph again when its caller goes on", () => {
  const rates = (form: "a graph" | "as written") => {
    let rate = 0.1;
    const seen: number[] = [];
    const rule = own((W, gradient) => {
      seen.push(rate);
      move(W, gradient, rate);
    });
    pure(rule);
    const network = new Network({ inputSize: 12, hiddenSizes: [9], outputSize: 3 }, 1);
    const trainer = new Trainer(network, rule, { train }, { batchSize: 10, iterations: 60, record: [], seed: 1 });
    if (form === "a graph") trainer.compile();
    let refused = 0;
    for (let update = 0; update < 60; update++) {
      rate = update < 10 ? 0.1 : 0.01 * update;
      try {
        trainer.step();
      } catch {
        refused++;
      }
    }
    network.dispose();
    return { refused, last: seen.slice(-8 * 4) };
  };
  const { refused, last } = rates("a graph");
  assert.equal(refused, 1);
  assert.deepEqual(last, rates("as written").last);
});

for (const [name, Rule] of Object.entries(rules))
  test(`a graph is made of a rule with a schedule, and follows it: ${name}`, (t) => {
    const warn = t.mock.method(console, "warn", () => {});
    const rule = () => {
      const made = new Rule(0.01);
      made.schedule = { warmUp: 10, decay: "cosine", updates: UPDATES };
      return made;
    };
    const written = losses({ rule }, "as written");
    assert.deepEqual(losses({ rule }, "a graph"), written);
    assert.deepEqual(losses({ rule }, "five in a graph"), written);
    assert.notDeepEqual(losses({ rule: () => new Rule(0.01) }, "five in a graph"), written);
    assert.equal(warn.mock.callCount(), 0);
  });

test("a step that is the same function each time is not warned of", (t) => {
  const warn = t.mock.method(console, "warn", () => {});
  for (const Rule of Object.values(rules))
    for (const network of [{ batchNormalization: "after" }, { dropoutRate: 0.2 }, { weightDecay: 0.1 }] as const)
      losses({ rule: () => new Rule(), network }, "five in a graph");
  assert.equal(warn.mock.callCount(), 0);
});
