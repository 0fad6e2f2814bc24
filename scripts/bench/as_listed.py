"""
The NumPy reference with layers that do what the chapter's listings do, for the benchmark: the same numbers, more work.

reference.py omits what no result needs and works in place where it can. Here, as in the chapter, ReLU applies a mask to a
copy, the backward pass of every layer computes dx, even the first one's, the loss includes weight decay even if λ = 0,
and images are float32, which each product converts to the weights' float64.
"""

import sys
from functools import cache
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).parents[1] / "reference"))
import reference
from reference import cross_entropy
from reference import mnist as mnist_float64


@cache
def mnist(part):
    x, t = mnist_float64(part)
    return x.astype(np.float32), t


class Affine(reference.Affine):
    def forward(self, x, training):
        self.x = x
        return x @ self.params[self.W] + self.params[self.b]

    def backward(self, dout, grads, need_dx=True):
        return super().backward(dout, grads, need_dx=True)


class ReLU:
    def forward(self, x, training):
        self.negative = x <= 0
        y = x.copy()
        y[self.negative] = 0
        return y

    def backward(self, dout, grads):
        dout[self.negative] = 0
        return dout


class Network(reference.Network):
    def decay(self):
        return self.weight_decay * sum(self.penalty(W) for W in self.weights().values())

    def loss(self, x, t, training=False):
        return cross_entropy(self.predict(x, training), t)[0] + self.decay()

    def gradient(self, x, t):
        _, dout = cross_entropy(self.predict(x, training=True), t)
        self.decay()  # of the loss that the backward pass starts from
        grads = {}
        for layer in reversed(self.layers):
            dout = layer.backward(dout, grads)
        for name, W in self.weights().items():
            grads[name] = grads[name] + self.weight_decay * self.penalty_gradient(W)
        return grads


reference.mnist, reference.Affine, reference.Network = mnist, Affine, Network
reference.ACTIVATIONS["relu"] = ReLU

if __name__ == "__main__":
    reference.main()
