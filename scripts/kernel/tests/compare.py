"""Runs the conformance suite on this kernel, on tslab's own and on Deno's, and writes conformance.md.

.venv/bin/python scripts/kernel/tests/compare.py
"""

import json
import os
import subprocess
import sys
import unittest
import venv
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


# As a Deno user writes it.
OF_KERNEL = {
    "deno": {
        "code_display_data": [
            {"code": "await Deno.jupyter.display(Deno.jupyter.html`<b>bold</b>`)", "mime": "text/html"},
            {"code": "await Deno.jupyter.display(Deno.jupyter.md`# title`)", "mime": "text/markdown"},
        ]
    }
}


def fetch_peers():
    """Installs the other kernels, from the npm and PyPI registries, and gives the folder of their kernelspecs."""
    folder = ROOT / ".cache" / "peers"
    tslab = folder / "node_modules" / "tslab" / "bin" / "tslab"
    if not tslab.exists():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "install", "--prefix", folder, "--no-audit", "--no-fund", "tslab@1.0.22"], check=True)
    deno = folder / "venv" / "bin" / "deno"
    if not deno.exists():
        venv.create(folder / "venv", with_pip=True)
        subprocess.run([folder / "venv" / "bin" / "pip", "install", "--quiet", "deno"], check=True)
    write_kernelspec(folder, "stock", ["node", str(tslab), "kernel", "--config-path", "{connection_file}"])
    write_kernelspec(folder, "deno", [str(deno), "jupyter", "--kernel", "--conn", "{connection_file}"])
    version = subprocess.run([deno, "--version"], check=True, capture_output=True, text=True).stdout.split()[1]
    return folder, version


def write_kernelspec(folder, name, argv):
    spec = folder / "kernels" / name
    spec.mkdir(parents=True, exist_ok=True)
    (spec / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": name, "language": "typescript"}))


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
        unittest.defaultTestLoader.loadTestsFromTestCase(
            type(tests.__name__, (tests,), {"kernel_name": kernel_name, **OF_KERNEL.get(kernel_name, {})})
        )
        for tests in (TypeScriptKernelTests, TypeScriptKernelWelcomeTests)
    ]
    results = Results()
    unittest.TestSuite(suites).run(results)
    return results.passed


def main():
    # Seconds that a reply may take. Stock tslab never sends some of them; the default is 15.
    jupyter_kernel_test.TIMEOUT = 8
    folder, deno_version = fetch_peers()
    os.environ["JUPYTER_PATH"] = str(folder)
    os.chdir(folder)  # tslab uses what lies in the current folder
    os.environ["DENO_NO_UPDATE_CHECK"] = "1"
    ours, stock, deno = (passed_by(name) for name in ("tslab", "stock", "deno"))
    mark = lambda passed: "✓ passes" if passed else "✗ fails"
    rows = [
        f"| {words} | {' | '.join(mark(test in passed) for passed in (stock, deno, ours))} |"
        for test, words in PARTS.items()
    ]
    count = lambda passed: f"**{len(passed)} of {len(PARTS)}**"
    table = [
        f"| `jupyter_kernel_test` {jupyter_kernel_test.__version__} | tslab 1.0.22 | Deno {deno_version} | this kernel |",
        "| :--- | :--- | :--- | :--- |",
        *rows,
        f"| in all | {' | '.join(count(passed) for passed in (stock, deno, ours))} |",
    ]
    Path(__file__).with_name("conformance.md").write_text("\n".join(table) + "\n")
    print("\n".join(table))
    return 0 if len(ours) == len(PARTS) else 1


if __name__ == "__main__":
    sys.exit(main())
