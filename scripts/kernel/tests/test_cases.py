"""What people write in cells, and what must come of it. The cases lie in cases/, each with its cells:

    value, out, err         the text of the value, and a text in what is printed; with _matches, a regular expression
    error                   a regular expression that the failure's message must match
    says                    one that must match everything that a reader sees of the failure
    nothing                 no output at all
    mime, nothing_of        a MIME type that must be shown, or must not
    within, interrupt, after  seconds: until the answer, until a stop, to wait for what comes later
    typed                   what a reader answers to questions
    any                     whatever comes of it, as long as something does

A case has files beside the notebook, and perhaps the notebook in a `folder` below. One that is not `fresh`, and has no
files, shares its kernel with others. Those of a file that says `packages` find the packages of packages/package.json, which
the first run installs to .cache/test.
"""

import fcntl
import hashlib
import re
import shutil
import subprocess
import time
import tomllib
from pathlib import Path

import pytest

from conftest import ROOT, Kernel

HERE = Path(__file__).parent
CASES = [
    pytest.param({"packages": group.get("packages", False), **case}, id=f"{file.stem}: {case['title']}")
    for file in sorted((HERE / "cases").glob("*.toml"))
    for group in [tomllib.loads(file.read_text())]
    for case in group["case"]
]
ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


@pytest.fixture(scope="session")
def shared():
    """Gives the kernel of a folder, which cases share."""
    kernels = {}

    def get(folder):
        if folder not in kernels or not kernels[folder].manager.is_alive():
            kernels[folder] = Kernel(folder)
        return kernels[folder]

    yield get
    for kernel in kernels.values():
        kernel.shut_down()


@pytest.fixture(scope="session")
def packages():
    """Gives the folder with the packages, which whoever comes first installs."""

    def get():
        lock = HERE / "packages/package-lock.json"
        folder = ROOT / ".cache/test" / f"packages-{hashlib.sha256(lock.read_bytes()).hexdigest()[:12]}"
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / ".lock").open("w") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            if not (folder / ".installed").exists():
                for name in ("package.json", "package-lock.json"):
                    shutil.copy(HERE / "packages" / name, folder)
                subprocess.run(
                    ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
                    cwd=folder,
                    check=True,
                    stdout=subprocess.DEVNULL,
                )
                (folder / ".installed").touch()
        return folder

    return get


@pytest.mark.parametrize("case", CASES)
def test_case(case, shared, packages, tmp_path):
    is_alone = case.get("fresh") or "files" in case
    for name, text in case.get("files", {}).items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    if case["packages"] and is_alone:
        (tmp_path / "node_modules").symlink_to(packages() / "node_modules")
    if is_alone:
        kernel = Kernel(tmp_path / case.get("folder", ""))
    else:
        kernel = shared(packages() if case["packages"] else ROOT / "notebooks")
    try:
        if is_alone:
            kernel.run("0")  # a stop in the first second is tried elsewhere
        for cell in case["cell"]:
            check(kernel, cell)
        _, outputs = kernel.run("1 + 41")
        assert [content["data"]["text/plain"] for kind, content in outputs if kind == "execute_result"] == ["42"]
    finally:
        if is_alone:
            kernel.shut_down()


def check(kernel, cell):
    typed = cell.get("typed", [])
    start = time.monotonic()
    sent = kernel.send(cell["code"], **{"allow_stdin": bool(typed), **cell.get("options", {})})
    for answer in typed:
        kernel.client.get_stdin_msg(timeout=10)
        kernel.client.input(answer)
    if "interrupt" in cell:
        time.sleep(cell["interrupt"])
        kernel.interrupt()
    outputs = kernel.outputs_of(sent)
    seconds = time.monotonic() - start
    reply = kernel.reply_to(sent)
    time.sleep(cell.get("after", 0))
    if not cell.get("any"):
        judge(cell, reply, outputs)
    if "within" in cell:
        assert seconds < cell["within"]


def judge(cell, reply, outputs):
    def contents(*kinds):
        return [content for kind, content in outputs if kind in kinds]

    def printed(stream):
        return ANSI.sub("", "".join(c["text"] for c in contents("stream") if c["name"] == stream))

    failures = contents("error") or ([reply] if reply["status"] == "error" else [])
    parts = [f"{f['ename']}: {f['evalue']}\n" + "\n".join(f["traceback"]) for f in failures]
    complaint = ANSI.sub("", "\n".join(parts) + "\n" + printed("stderr"))
    if "error" in cell:
        assert reply["status"] == "error", outputs
        assert re.search(cell["error"], complaint)
        assert re.search(cell.get("says", ""), complaint, re.DOTALL)
    else:
        assert reply["status"] == "ok", complaint
    results = contents("execute_result")
    value = plain(results[-1]["data"]["text/plain"]) if results else None
    if "value" in cell:
        assert unquoted(value) == unquoted(plain(cell["value"])), outputs
    if "value_matches" in cell:
        assert value is not None and re.search(cell["value_matches"], value)
    for key, stream in (("out", "stdout"), ("err", "stderr")):
        if key in cell:
            assert cell[key] in printed(stream)
        if f"{key}_matches" in cell:
            assert re.search(cell[f"{key}_matches"], printed(stream))
    if cell.get("nothing"):
        assert not contents("stream", "execute_result", "display_data", "error")
    if "nothing_of" in cell:
        assert not any(cell["nothing_of"] in c["data"] for c in contents("display_data", "execute_result"))
    if "mime" in cell:
        assert any(cell["mime"] in c["data"] for c in contents("display_data", "execute_result"))


def plain(text):
    return ANSI.sub("", text).replace('"', "'").strip()


def unquoted(text):
    return text[1:-1] if text and len(text) > 1 and text[0] == text[-1] == "'" else text
