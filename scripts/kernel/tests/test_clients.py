"""The clients that people run notebooks with: papermill, jupyter execute and jupyter console."""

import json
import os
import select
import signal
import subprocess
import sys
import time

import nbformat
import pytest
from jupyter_client import BlockingKernelClient
from jupyter_client.connect import write_connection_file
from jupyter_client.kernelspec import KernelSpecManager

from conftest import jupyter, write_notebook

CELLS = ["const n: number = 20;", 'console.log("printed"); n * 2 + 2']


def check(path):
    first, second = nbformat.read(path, 4).cells[-2:]
    assert second.outputs[0].text == "printed\n"
    assert second.outputs[1].data["text/plain"] == "42"
    assert second.execution_count == first.execution_count + 1


def test_jupyter_execute(tmp_path):
    write_notebook(tmp_path / "in.ipynb", CELLS)
    result = jupyter("execute", "--inplace", "in.ipynb", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    check(tmp_path / "in.ipynb")


def test_papermill(tmp_path):
    write_notebook(tmp_path / "in.ipynb", CELLS)
    result = subprocess.run(
        [sys.executable, "-m", "papermill", "in.ipynb", "out.ipynb"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr
    check(tmp_path / "out.ipynb")


def test_papermill_reports_a_failing_cell(tmp_path):
    write_notebook(tmp_path / "in.ipynb", ['throw new RangeError("too far")'])
    result = subprocess.run(
        [sys.executable, "-m", "papermill", "in.ipynb", "out.ipynb"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.returncode != 0
    assert "RangeError: too far" in result.stderr


def test_jupyter_console(tmp_path):
    """A console on a terminal: a cell, a name completed with Tab, a loop interrupted with Control-C, and the end."""
    terminal, child_side = pytest.importorskip("pty").openpty()
    process = subprocess.Popen(
        ["jupyter", "console", "--kernel", "tslab", "--simple-prompt"],
        cwd=tmp_path,
        stdin=child_side,
        stdout=child_side,
        stderr=child_side,
        env={**os.environ, "TERM": "dumb", "HOME": str(tmp_path)},
        start_new_session=True,
    )
    os.close(child_side)
    screen = ""

    def read_until(text, seconds=40):
        nonlocal screen
        end = time.monotonic() + seconds
        while text not in screen:
            assert time.monotonic() < end, f"{text!r} did not come; the screen shows:\n{screen}"
            if select.select([terminal], [], [], 0.2)[0]:
                screen += os.read(terminal, 65536).decode(errors="replace")
        screen = screen[screen.index(text) + len(text) :]

    def type(text):
        os.write(terminal, text.encode())

    try:
        read_until("In [1]:")
        type("const answer = 6 * 7; answer\n")
        read_until("Out[1]: 42")
        read_until("In [2]:")
        type('throw new Error("on purpose")\n')
        read_until("Error: on purpose")
        read_until("In [3]:")
        type("while (true);\n")
        time.sleep(2)
        process.send_signal(signal.SIGINT)
        read_until("Interrupted")
        read_until("In [4]:")
        type("answer + 1\n")
        read_until("43")
        type("\x04")
        read_until("exit")
        type("y\n")
        process.wait(20)
    finally:
        process.kill()
        os.close(terminal)


@pytest.mark.skipif(sys.platform == "win32", reason="what a desktop has on its PATH is said as on Unix")
def test_as_vs_code_starts_it(tmp_path):
    """From the specification alone, in no process group of its own, with the little that a desktop has on its PATH."""
    folder = KernelSpecManager().find_kernel_specs()["tslab"]
    with open(f"{folder}/kernel.json") as file:
        spec = json.load(file)
    connection, _ = write_connection_file(str(tmp_path / "kernel-v3.json"))
    process = subprocess.Popen(
        [word.replace("{connection_file}", connection) for word in spec["argv"]],
        cwd=tmp_path,
        env={**spec["env"], "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    client = BlockingKernelClient(connection_file=connection)
    try:
        client.load_connection_file()
        client.start_channels()
        client.wait_for_ready(timeout=30)
        printed = []
        client.execute_interactive('console.log("printed")', output_hook=printed.append)
        assert [message["content"]["text"] for message in printed if message["msg_type"] == "stream"] == ["printed\n"]
        loop = client.execute("while (true);")
        time.sleep(1)
        client.control_channel.send(client.session.msg("interrupt_request", {}))
        while (reply := client.get_shell_msg(timeout=10))["parent_header"]["msg_id"] != loop:
            pass
        assert reply["content"]["ename"] == "Interrupted"
        process.terminate()
        assert process.wait(10) != 0
    finally:
        client.stop_channels()
        process.kill()
        process.communicate()
