"""The public conformance suite for Jupyter kernels, and what it sends to a TypeScript kernel.

All optional parts are switched on but the pager, which belongs to IPython's `name?` syntax.
"""

from functools import partial
from pathlib import Path

import jupyter_kernel_test

ROOT = Path(__file__).resolve().parents[3]


class TypeScriptKernelTests(jupyter_kernel_test.KernelTests):
    kernel_name = "tslab"
    language_name = "typescript"
    file_extension = ".ts"

    def get_non_kernel_info_reply(self, timeout=None):
        # The suite would wait forever for a reply that never comes.
        return super().get_non_kernel_info_reply(timeout or jupyter_kernel_test.TIMEOUT)

    code_hello_world = 'console.log("hello, world")'
    code_stderr = 'console.error("test")'
    code_generate_error = 'throw new Error("on purpose")'
    code_clear_output = f'import {{ clearOutput }} from "{ROOT}/lib/dist/notebook"; clearOutput()'
    code_inspect_sample = "Math.max"

    completion_samples = [
        {"text": "Math.hyp", "matches": ["hypot"]},
        {"text": "Number.isSafe", "matches": ["isSafeInteger"]},
    ]
    complete_code_samples = ["let a = 1", "function f() { return 1 }", "a\nb", "await (a)", "`${a}`"]
    incomplete_code_samples = ["function f() {", "const a = [1,", "if (a) {\n  b", "`text", "/* comment"]
    invalid_code_samples = ["const ] = 1", "let 1a = 2", "function () { } }"]

    code_execute_result = [
        {"code": "1 + 1", "result": "2"},
        {"code": "[1, 2, 3].map((x) => x * x)", "result": "[ 1, 4, 9 ]"},
        {"code": '"text"', "result": "'text'"},
        {"code": "const square = (x: number) => x * x; square(12)", "result": "144"},
        {"code": "await (Promise.resolve(6 * 7))", "result": "42"},
    ]
    code_display_data = [
        {"code": 'import { display } from "tslab"; display.html("<b>bold</b>")', "mime": "text/html"},
        {"code": 'import { newDisplay } from "tslab"; newDisplay().markdown("# title")', "mime": "text/markdown"},
    ]
    code_history_pattern = "1*1"
    supported_history_operations = ("tail", "range", "search")


class TypeScriptKernelWelcomeTests(jupyter_kernel_test.IopubWelcomeTests):
    kernel_name = "tslab"
    support_iopub_welcome = True

    def setUp(self):
        # Here, too, the suite would wait forever.
        self.kc.get_iopub_msg = partial(self.kc.get_iopub_msg, timeout=jupyter_kernel_test.TIMEOUT)
