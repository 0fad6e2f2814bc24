"""How a kernel begins and ends. None may stay behind, and no child of one."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from jupyter_client.connect import write_connection_file
from jupyter_client.manager import KernelManager

from conftest import ROOT, Kernel, wait_for

MAIN = Path("scripts/dist/kernel/main.js")

# A process that starts a kernel and lets it start a child, prints both numbers, and waits to be killed.
SERVER = """
import json, sys, time
sys.path.insert(0, sys.argv[1])
from conftest import Kernel
kernel = Kernel()
reply, outputs = kernel.run(
    'import { spawn } from "node:child_process"; const child = spawn("sleep", ["600"]); setInterval(() => {}, 1000); child.pid')
if sys.argv[2] == "busy":
    kernel.send("while (true);")
    time.sleep(1)
print(json.dumps([kernel.pid, int(outputs[-1][1]["data"]["text/plain"])]), flush=True)
time.sleep(600)
"""


def is_alive(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def none_left(*pids):
    return lambda: not any(is_alive(pid) for pid in pids)


def child_of(kernel):
    _, outputs = kernel.run(
        'import { spawn } from "node:child_process"; const child = spawn("sleep", ["600"]); setInterval(() => {}, 1000); child.pid'
    )
    return int(outputs[-1][1]["data"]["text/plain"])


def test_kernels_end_with_the_server_that_started_them():
    """Servers of idle and of busy kernels, killed by every signal."""
    ways = [
        ("SIGKILL", "idle"),
        ("SIGKILL", "busy"),
        ("SIGTERM", "idle"),
        ("SIGTERM", "busy"),
        ("SIGHUP", "idle"),
        ("SIGHUP", "busy"),
    ]
    # One after the other: servers that start at once may pick the same free ports.
    for sent, state in ways:
        server = subprocess.Popen(
            [sys.executable, "-c", SERVER, str(Path(__file__).parent), state],
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        pids = json.loads(server.stdout.readline())
        assert all(is_alive(pid) for pid in pids)
        server.send_signal(getattr(signal, sent))
        server.wait(10)
        assert wait_for(none_left(*pids), 5), f"left after {sent}, {state}"


@pytest.mark.parametrize("sent", ["SIGKILL", "SIGTERM", "SIGHUP", "SIGSEGV"])
def test_children_end_with_a_killed_kernel(sent):
    kernel = Kernel()
    child = child_of(kernel)
    os.kill(kernel.pid, getattr(signal, sent))
    assert wait_for(none_left(kernel.pid, child), 5)
    kernel.client.stop_channels()


@pytest.mark.parametrize("cell", ["await new Promise(() => {})", "while (true);"])
def test_shut_down_ends_a_running_cell_and_its_children_at_once(cell):
    kernel = Kernel()
    child = child_of(kernel)
    kernel.send(cell)
    time.sleep(0.5)
    kernel.client.control_channel.send(kernel.client.session.msg("shutdown_request", {"restart": False}))
    assert kernel.client.get_control_msg(timeout=2)["content"] == {"status": "ok", "restart": False}
    assert wait_for(none_left(kernel.pid, child), 2)
    kernel.client.stop_channels()


def test_restart_forgets_everything():
    kernel = Kernel()
    try:
        kernel.run("const before = 1")
        kernel.manager.restart_kernel()
        kernel.client.wait_for_ready(timeout=30)
        reply, _ = kernel.run("before")
        assert reply["status"] == "error" and reply["execution_count"] == 1
    finally:
        kernel.shut_down()


def start(folder, *, clone=ROOT, ip="127.0.0.1"):
    """Starts the kernel of a clone alone, with a connection file."""
    file, connection = write_connection_file(str(folder / "connection.json"))
    connection = json.loads((folder / "connection.json").read_text())
    (folder / "connection.json").write_text(json.dumps({**connection, "ip": ip}))
    return subprocess.Popen(["node", clone / MAIN, file], cwd=folder, stderr=subprocess.PIPE, text=True), connection


def test_listens_on_loopback_only(tmp_path):
    process, _ = start(tmp_path, ip="0.0.0.0")
    assert process.wait(10) != 0
    assert "refuses to listen on 0.0.0.0" in process.stderr.read()

    process, connection = start(tmp_path)
    try:

        def listening():
            sockets = psutil.Process(process.pid).net_connections()
            ports = {it.laddr.port: it.laddr.ip for it in sockets if it.status == psutil.CONN_LISTEN}
            found = [ports.get(connection[f"{name}_port"]) for name in ("shell", "iopub", "control", "stdin", "hb")]
            return found if all(found) else None

        assert wait_for(listening, 10)
        assert set(listening()) == {"127.0.0.1"}
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("name", ["shell", "iopub", "control", "stdin", "hb"])
def test_ends_and_says_why_if_a_port_is_taken(tmp_path, name):
    _, connection = write_connection_file(str(tmp_path / "connection.json"))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", connection[f"{name}_port"]))
        taken.listen()
        process = subprocess.Popen(
            ["node", ROOT / MAIN, tmp_path / "connection.json"], stderr=subprocess.PIPE, text=True
        )
        assert process.wait(10) == 1
    said = process.stderr.read()
    assert f"cannot listen on tcp://127.0.0.1:{connection[f'{name}_port']}: Address already in use" in said
    assert "Start the kernel again" in said


def test_without_its_packages_it_says_what_to_do(tmp_path):
    for folder in (MAIN.parent, "scripts/setup"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    shutil.copy(ROOT / "scripts/package.json", tmp_path / "scripts")
    process, _ = start(tmp_path, clone=tmp_path)
    assert process.wait(10) == 1
    assert "typescript is not installed; run npm run setup" in process.stderr.read()


def test_a_kernel_that_shall_outlive_its_starter_does():
    """Jupyter can start a kernel as independent; only its own request ends it then."""
    manager = KernelManager(kernel_name="tslab")
    manager.start_kernel(independent=True)
    pid = manager.provisioner.pid
    assert "JPY_PARENT_PID" not in psutil.Process(pid).environ()
    client = manager.blocking_client()
    client.start_channels()
    client.wait_for_ready(timeout=30)
    client.stop_channels()
    manager.shutdown_kernel()
    assert wait_for(none_left(pid), 5)
