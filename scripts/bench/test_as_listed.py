"""What the benchmark times is the same computation as the reference's."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

HERE = Path(__file__).parent
SPEC = {
    "data": {"images": 300},
    "network": {"inputSize": 784, "hiddenSizes": [50, 50], "outputSize": 10},
    "optimizer": {"name": "Momentum", "learningRate": 0.01},
    "batchSize": 50,
    "epochs": 3,
    "record": ["loss", "trainAccuracy", "testAccuracy"],
    "seed": 1,
}


def history(program, spec):
    answer = subprocess.run(
        [sys.executable, program], input=json.dumps({"spec": spec}), capture_output=True, text=True, check=True
    )
    return json.loads(answer.stdout)["history"]


@pytest.mark.parametrize(
    "options", [{}, {"weightDecay": 0.1}, {"dropoutRate": 0.15}, {"batchNormalization": "before"}], ids=str
)
def test_the_listings_form_gives_the_references_history(options):
    spec = {**SPEC, "network": {**SPEC["network"], **options}}
    listed, reference = history(HERE / "as_listed.py", spec), history(HERE.parent / "reference/reference.py", spec)
    np.testing.assert_allclose(listed["loss"], reference["loss"], rtol=1e-5)
    for what in ("trainAccuracy", "testAccuracy"):
        np.testing.assert_allclose(listed[what], reference[what], atol=1e-3)
