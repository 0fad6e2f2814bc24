"""The reference itself: its gradients against central differences, its data and its protocol."""

import json
import subprocess
import sys

import numpy as np
import pytest

import reference
from reference import GivenDraws, Network, NumPyDraws, create_optimizer, mnist, prepare, run

NETWORK = {"inputSize": 6, "hiddenSizes": [5, 4], "outputSize": 3}
SPEC = {
    "data": {"images": 200},
    "network": {"inputSize": 784, "hiddenSizes": [20], "outputSize": 10},
    "optimizer": {"name": "SGD", "learningRate": 0.1},
    "batchSize": 50,
    "epochs": 3,
    "record": ["loss", "trainAccuracy", "testAccuracy"],
    "seed": 1,
}


class SameMasks(NumPyDraws):
    """Dropout leaves the same units out at every forward pass, so that a difference of losses is a slope."""

    def uniforms(self, shape):
        return np.random.default_rng(7).random(shape)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"activation": "sigmoid"},
        {"activation": "tanh", "initialWeights": 0.5},
        {"batchNormalization": "before"},
        {"batchNormalization": "after", "activation": "tanh"},
        {"dropoutRate": 0.3},
        {"dropoutRate": 0.3, "invertedDropout": True, "batchNormalization": "before"},
        {"weightDecay": 0.1},
        {"weightDecay": 0.1, "weightDecayNorm": "L1"},
        {"weightDecay": 0.1, "weightDecayNorm": "max"},
    ],
    ids=json.dumps,
)
def test_the_gradient_is_the_slope_of_the_loss(options):
    network = Network({**NETWORK, **options}, SameMasks({"seed": 3, "data": {}}))
    generator = np.random.default_rng(4)
    x, t = generator.standard_normal((8, 6)), generator.integers(3, size=8)
    for parameter in network.params.values():
        parameter += 0.1 * generator.standard_normal(parameter.shape)
    grads = network.gradient(x, t)
    assert grads.keys() == network.params.keys()
    h = 1e-6
    for name, parameter in network.params.items():
        slopes = np.zeros_like(parameter)
        for i in np.ndindex(parameter.shape):
            value, losses = parameter[i], []
            for moved in (value + h, value - h):
                parameter[i] = moved
                losses.append(network.loss(x, t, training=True))
            parameter[i] = value
            slopes[i] = (losses[0] - losses[1]) / (2 * h)
        np.testing.assert_allclose(grads[name], slopes, atol=1e-7, err_msg=name)


@pytest.mark.parametrize(
    ("options", "after_one", "after_two"),
    [
        # From 1, with gradients 2 and then 4, a learning rate of 0.1 and 0.5 for every other rate: by hand.
        ({"name": "SGD"}, 0.8, 0.4),
        ({"name": "Momentum", "momentum": 0.5}, 0.8, 0.3),
        ({"name": "Nesterov", "momentum": 0.5}, 0.7, 0.05),
        ({"name": "AdaGrad"}, 0.9, 0.9 - 0.1 * 4 / 20**0.5),
        ({"name": "RMSProp", "decayRate": 0.5}, 1 - 0.1 * 2**0.5, 1 - 0.1 * 2**0.5 - 0.1 * 4 / 3),
        ({"name": "Adam", "beta1": 0.5, "beta2": 0.5}, 0.9, 0.9 - 0.1 * (2.5 / 0.75) / (9 / 0.75) ** 0.5),
    ],
    ids=lambda value: value["name"] if isinstance(value, dict) else "",
)
def test_update_rules(options, after_one, after_two):
    optimizer = create_optimizer({"learningRate": 0.1, **options})
    params = {"W1": np.ones(1)}
    for gradient, expected in ((2.0, after_one), (4.0, after_two)):
        optimizer.update(params, {"W1": np.array([gradient])})
        np.testing.assert_allclose(params["W1"], expected, rtol=1e-6)


def test_images_and_labels_are_those_of_mnist():
    for part, count in (("train", 60_000), ("t10k", 10_000)):
        x, t = mnist(part)
        assert x.shape == (count, 784) and x.min() == 0 and x.max() == 1
        assert t.shape == (count,) and set(t) == set(range(10))
    assert list(mnist("train")[1][:5]) == [5, 0, 4, 1, 9]


def test_validation_images_are_taken_from_the_front_of_the_shuffled_ones():
    (x, t), (x_apart, t_apart) = prepare(
        {"images": 5, "validation": 2, "shuffleSeed": 0}, GivenDraws({"order": [4, 2, 0, 1, 3]})
    )
    assert list(t_apart) == [9, 4] and list(t) == [5, 0, 1]
    assert np.array_equal(x_apart[0], mnist("train")[0][4]) and len(x) == 3


def test_a_run_repeats_and_learns():
    history = run(SPEC, NumPyDraws(SPEC))
    assert history == run(SPEC, NumPyDraws(SPEC))
    assert history["iterations"] == len(history["loss"]) == 9
    assert len(history["trainAccuracy"]) == len(history["testAccuracy"]) == 3
    assert history["trainAccuracy"][2] > history["trainAccuracy"][0]
    assert history["validationAccuracy"] == [] and history["divergedAt"] is None


def test_a_diverged_run_says_when_and_leaves_the_rest_empty():
    spec = {**SPEC, "optimizer": {"name": "SGD", "learningRate": 1e200}}
    history = run(spec, NumPyDraws(spec))
    assert history["divergedAt"] == history["iterations"] < 9
    assert history["loss"][-1] is None and history["trainAccuracy"][-1] is None
    assert len(history["loss"]) == 9 and len(history["trainAccuracy"]) == 3


def test_given_draws_are_used_up_in_order_and_missed_when_short():
    draws = GivenDraws({"batches": [1, 2, 3], "weights": [0.5, 1.5]})
    assert list(draws.batch(9, 2)) == [1, 2] and draws.normals((1, 1)) == 0.5
    with pytest.raises(ValueError, match="draws.batches: 2 numbers are needed, 1 are left"):
        draws.batch(9, 2)


def test_answers_one_line_a_request():
    requests = [{"spec": SPEC}, {"spec": {**SPEC, "seed": 2}}]
    done = subprocess.run(
        [sys.executable, reference.__file__],
        input="\n".join(map(json.dumps, requests)),
        capture_output=True,
        text=True,
        check=True,
    )
    first, second = map(json.loads, done.stdout.splitlines())
    assert first["history"] == run(SPEC, NumPyDraws(SPEC)) != second["history"]
    assert first["seconds"] > 0
