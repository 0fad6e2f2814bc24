"""What the kernel's tests share: a kernel to talk to, and notebooks to execute."""

import os
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from jupyter_client.manager import start_new_kernel

ROOT = Path(__file__).resolve().parents[3]

# A test starts jupyter's commands as a reader would who has activated the environment.
os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
os.environ.pop("JUPYTER_PATH", None)


class Kernel:
    """A running kernel, and a client that keeps what each cell sent."""

    def __init__(self, folder=ROOT / "notebooks"):
        self.manager, self.client = start_new_kernel(kernel_name="tslab", cwd=str(folder))
        self.pid = self.manager.provisioner.pid

    def send(self, code, **options):
        return self.client.execute(code, **options)

    def begin(self, code):
        """Sends a cell, and returns when it runs: one that is interrupted before never begins."""
        message_id = self.send(f'console.log("begun");\n{code}')
        while True:
            message = self.client.get_iopub_msg(timeout=30)
            if message["parent_header"].get("msg_id") == message_id and message["msg_type"] == "stream":
                return message_id

    def outputs_of(self, message_id, timeout=30):
        """What arrived on iopub for a request, until the kernel was idle again: pairs of type and content."""
        outputs = []
        while True:
            message = self.client.get_iopub_msg(timeout=timeout)
            if message["parent_header"].get("msg_id") != message_id:
                continue
            content = message["content"]
            if message["msg_type"] == "status" and content["execution_state"] == "idle":
                return outputs
            if message["msg_type"] != "status":
                outputs.append((message["msg_type"], content))

    def reply_to(self, message_id, timeout=30):
        while True:
            message = self.client.get_shell_msg(timeout=timeout)
            if message["parent_header"].get("msg_id") == message_id:
                return message["content"]

    def run(self, code, timeout=30, **options):
        """Runs a cell. Gives the reply's content and the outputs."""
        message_id = self.send(code, **options)
        outputs = self.outputs_of(message_id, timeout)
        return self.reply_to(message_id, timeout), outputs

    def interrupt(self):
        self.client.control_channel.send(self.client.session.msg("interrupt_request", {}))

    def shut_down(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel()


@pytest.fixture(scope="module")
def kernel():
    kernel = Kernel()
    yield kernel
    kernel.shut_down()


@pytest.fixture
def new_kernel():
    """It answers, as the protocol's thread is there, and still loads TypeScript."""
    kernel = Kernel()
    yield kernel
    kernel.shut_down()


def texts(outputs, type):
    """The contents of all outputs of a type."""
    return [content for kind, content in outputs if kind == type]


def write_notebook(path, cells):
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
        metadata={"kernelspec": {"name": "tslab", "display_name": "TypeScript", "language": "typescript"}},
    )
    nbformat.write(notebook, path)


def jupyter(*arguments, cwd, timeout=120):
    """Runs a command of Jupyter as a reader does, in their own shell."""
    return subprocess.run(["jupyter", *map(str, arguments)], cwd=cwd, capture_output=True, text=True, timeout=timeout)


def wait_for(condition, seconds):
    """Whether the condition came true in time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True
