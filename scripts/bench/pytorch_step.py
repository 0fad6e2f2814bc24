"""
The step of process.ts in PyTorch: milliseconds of a mini-batch, the gradient and an update with SGD.

    python pytorch_step.py THREADS SIZE SIZE …

Run with a Python that has PyTorch, which this project does not install.
"""

import sys
import time
from statistics import median

import torch

threads, *sizes = map(int, sys.argv[1:])
torch.set_num_threads(threads)
torch.manual_seed(1)
IMAGES, INPUTS, CLASSES, BATCH = 60_000, 784, 10, 128

x = torch.rand(IMAGES, INPUTS)
t = torch.randint(CLASSES, (IMAGES,))
layers = []
for inputs, units in zip([INPUTS, *sizes[:-1]], sizes, strict=True):
    layers += [torch.nn.Linear(inputs, units), torch.nn.ReLU()]
network = torch.nn.Sequential(*layers, torch.nn.Linear(sizes[-1], CLASSES))
optimizer = torch.optim.SGD(network.parameters(), lr=0.01)


def step():
    rows = torch.randint(IMAGES, (BATCH,))
    loss = torch.nn.functional.cross_entropy(network(x[rows]), t[rows])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def times_for(seconds):
    times = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        step()
        times.append((time.perf_counter() - start) * 1000)
    return times


times_for(3)
print(median(times_for(5)))
