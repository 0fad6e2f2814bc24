"""Runs the conformance suite on this kernel and on the tslab that it is built on, and writes conformance.md.

.venv/bin/python scripts/kernel/tests/compare.py
"""

import json
import os
import sys
import tempfile
import unittest
from pathlib import Path

import jupyter_kernel_test

from conformance import ROOT, TypeScriptKernelTests, TypeScriptKernelWelcomeTests

# Read as: what the test asks, in plain words.
PARTS = {
    "test_kernel_info": "says what it is",
    "test_execute_stdout": "standard output",
    "test_execute_stderr": "standard error",
    "test_execute_result": "the value of the last expression",
    "test_display_data": "rich output",
    "test_clear_output": "clears output",
    "test_error": "reports an error",
    "test_completion": "completes names",
    "test_inspect": "explains names",
    "test_is_complete": "tells whole cells from unfinished and wrong ones",
    "test_history": "history",
    "test_recv_iopub_welcome_msg": "greets a new listener",
}


def stock_kernelspec(folder):
    """A kernelspec like the one that `tslab install` writes."""
    spec = Path(folder) / "kernels" / "stock"
    spec.mkdir(parents=True)
    tslab = ROOT / "node_modules" / "tslab" / "bin" / "tslab"
    argv = ["node", str(tslab), "kernel", "--config-path", "{connection_file}"]
    (spec / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "tslab", "language": "typescript"}))


class Results(unittest.TestResult):
    """Keeps the names of the tests that passed. A test with parts passes if all of them do."""

    def __init__(self):
        super().__init__()
        self.passed = set()

    def addSuccess(self, test):
        # Also called for a test whose parts failed, after them.
        if not any(getattr(failed, "test_case", failed) is test for failed, _ in self.failures + self.errors):
            self.passed.add(test._testMethodName)


def passed_by(kernel_name):
    """The suite as it is published: one session with the kernel for all tests."""
    suites = [
        unittest.defaultTestLoader.loadTestsFromTestCase(type(tests.__name__, (tests,), {"kernel_name": kernel_name}))
        for tests in (TypeScriptKernelTests, TypeScriptKernelWelcomeTests)
    ]
    results = Results()
    unittest.TestSuite(suites).run(results)
    return results.passed


def main():
    # Seconds that a reply may take. Stock tslab never sends some of them; the default is 15.
    jupyter_kernel_test.TIMEOUT = 8
    os.chdir(ROOT / "notebooks")
    with tempfile.TemporaryDirectory() as folder:
        stock_kernelspec(folder)
        os.environ["JUPYTER_PATH"] = folder
        ours, stock = passed_by("tslab"), passed_by("stock")
    mark = lambda passed: "✓ passes" if passed else "✗ fails"
    rows = [f"| {words} | {mark(test in stock)} | {mark(test in ours)} |" for test, words in PARTS.items()]
    count = lambda passed: f"**{len(passed)} of {len(PARTS)}**"
    table = [
        f"| `jupyter_kernel_test` {jupyter_kernel_test.__version__} | tslab 1.0.22 | this kernel |",
        "| :--- | :--- | :--- |",
        *rows,
        f"| in all | {count(stock)} | {count(ours)} |",
    ]
    Path(__file__).with_name("conformance.md").write_text("\n".join(table) + "\n")
    print("\n".join(table))
    return 0 if len(ours) == len(PARTS) else 1


if __name__ == "__main__":
    sys.exit(main())
