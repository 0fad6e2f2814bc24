"""Checks that requirements.txt fits every Python that the README names, on this platform and on others: that the
package index has a pinned wheel for each package, and that the pinned packages need no others. Nothing is installed.

    .venv/bin/python scripts/setup/check_lock.py
    .venv/bin/python scripts/setup/check_lock.py --python 3.14.0 --platform linux-x86_64
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]

# Of 3.11 the first as well as the last: some packages are needed, or fit, only from a later patch version on.
PYTHONS = ["3.11.0", "3.11.14", "3.12.12", "3.13.9", "3.14.0"]

# What markers ask of each platform, and the wheels that it takes, by the oldest system that the lock is made for: Linux
# with glibc 2.28, macOS 11. Newer ones take the same. pip adds the older macOS itself.
LINUX = {"sys_platform": "linux", "os_name": "posix", "platform_system": "Linux"}
MACOS = {"sys_platform": "darwin", "os_name": "posix", "platform_system": "Darwin"}
WINDOWS = {"sys_platform": "win32", "os_name": "nt", "platform_system": "Windows"}
PLATFORMS = {
    "linux-x86_64": (
        {**LINUX, "platform_machine": "x86_64"},
        [*(f"manylinux_2_{minor}_x86_64" for minor in range(28, 4, -1)), "manylinux2014_x86_64"],
    ),
    "linux-aarch64": (
        {**LINUX, "platform_machine": "aarch64"},
        [*(f"manylinux_2_{minor}_aarch64" for minor in range(28, 16, -1)), "manylinux2014_aarch64"],
    ),
    "macos-arm64": ({**MACOS, "platform_machine": "arm64"}, ["macosx_11_0_arm64"]),
    "macos-x86_64": ({**MACOS, "platform_machine": "x86_64"}, ["macosx_11_0_x86_64"]),
    "windows-amd64": ({**WINDOWS, "platform_machine": "AMD64"}, ["win_amd64"]),
}


def environment(python: str, platform: str) -> dict[str, str]:
    """What markers ask for."""
    return {
        **PLATFORMS[platform][0],
        "python_version": ".".join(python.split(".")[:2]),
        "python_full_version": python,
        "implementation_name": "cpython",
        "implementation_version": python,
        "platform_python_implementation": "CPython",
        "extra": "",
    }


def applying(text: str, where: dict[str, str]) -> list[tuple[Requirement, list[str]]]:
    """The requirements of a requirements file whose markers hold there, each with its hashes."""
    lines = [line.split(" #")[0].strip() for line in text.replace("\\\n", " ").splitlines()]
    split = [line.split("--hash=") for line in lines if line and not line.startswith("#")]
    found = [(Requirement(requirement), [hash.strip() for hash in hashes]) for requirement, *hashes in split]
    return [(it, hashes) for it, hashes in found if it.marker is None or it.marker.evaluate(where)]


def ask_index(pinned: list[tuple[Requirement, list[str]]], python: str, platform: str) -> list[dict]:
    """The metadata of each pinned wheel that fits there. Markers, of dependencies too, are not for pip to decide: it
    would do so for the Python that it runs on."""
    with tempfile.TemporaryDirectory() as folder:
        lock, report = Path(folder, "requirements.txt"), Path(folder, "report.json")
        lines = [[f"{it.name}{it.specifier}", *(f"--hash={hash}" for hash in hashes)] for it, hashes in pinned]
        lock.write_text("\n".join(" ".join(line) for line in lines))
        settings = [
            "--quiet",
            "--dry-run",
            "--no-deps",
            "--require-hashes",
            "--only-binary=:all:",
            "--ignore-installed",
        ]
        tags = [f"--platform={tag}" for tag in PLATFORMS[platform][1]]
        target = [f"--python-version={python}", "--implementation=cp", *tags]
        files = [f"--target={folder}/nothing", f"--report={report}", f"--requirement={lock}"]
        pip = subprocess.run(
            [sys.executable, "-I", "-m", "pip", "install", *settings, *target, *files], capture_output=True, text=True
        )
        if pip.returncode != 0:
            raise LookupError(pip.stderr.strip())
        return [it["metadata"] for it in json.loads(report.read_text())["install"]]


def unmet(wanted: list[Requirement], wheels: list[dict], where: dict[str, str]) -> list[str]:
    """What `wanted`, and in turn all that it needs there, lacks among the wheels."""
    have = {canonicalize_name(wheel["name"]): wheel for wheel in wheels}
    open, seen, lacking = [("requirements.in", it) for it in wanted], set(), []
    while open:
        by, requirement = open.pop()
        wheel = have.get(canonicalize_name(requirement.name))
        if wheel is None or not requirement.specifier.contains(wheel["version"], prereleases=True):
            lacking.append(f"{by} needs {requirement}, pinned is {wheel['version'] if wheel else 'none'}")
            continue
        for extra in ["", *requirement.extras]:
            if (wheel["name"], extra) in seen:
                continue
            seen.add((wheel["name"], extra))
            needs = map(Requirement, wheel.get("requires_dist", []))
            open += [
                (wheel["name"], it)
                for it in needs
                if it.marker is None or it.marker.evaluate({**where, "extra": extra})
            ]
    return lacking


def check(python: str, platform: str) -> tuple[int, list[str]]:
    """How many packages apply there, and what is wrong with them."""
    where = environment(python, platform)
    pinned = applying(ROOT.joinpath("requirements.txt").read_text(), where)
    wanted = [it for it, _ in applying(ROOT.joinpath("requirements.in").read_text(), where)]
    try:
        return len(pinned), unmet(wanted, ask_index(pinned, python, platform), where)
    except LookupError as error:
        return len(pinned), [str(error)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", action="append", metavar="3.x.y", help=f"instead of {', '.join(PYTHONS)}")
    parser.add_argument("--platform", action="append", choices=PLATFORMS, help="instead of all")
    options = parser.parse_args()
    faults = 0
    for platform in options.platform or PLATFORMS:
        for python in options.python or PYTHONS:
            count, wrong = check(python, platform)
            print(
                f"{platform:13}  Python {python:7}  {count} packages  {'ok' if not wrong else ''}",
                *wrong,
                sep="\n  ",
                flush=True,
            )
            faults += len(wrong)
    sys.exit(faults > 0)


if __name__ == "__main__":
    main()
