"""The lock as far as it can be checked without the package index, and the check that asks it."""

from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from check_lock import PLATFORMS, PYTHONS, ROOT, applying, environment, unmet


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("platform", PLATFORMS)
def test_everything_wanted_is_pinned_once_with_hashes(python, platform):
    where = environment(python, platform)
    pinned = applying(Path(ROOT, "requirements.txt").read_text(), where)
    versions = {canonicalize_name(it.name): str(it.specifier) for it, _ in pinned}
    assert len(versions) == len(pinned) > 100
    assert all(hashes for _, hashes in pinned)
    for it, _ in applying(Path(ROOT, "requirements.in").read_text(), where):
        assert versions[canonicalize_name(it.name)] == str(it.specifier)


def test_what_a_package_needs_there_and_the_lock_lacks_is_told():
    wheels = [
        {"name": "a", "version": "1.0", "requires_dist": ["B>=2", "c; python_version < '3.12'", "d; extra == 'more'"]},
        {"name": "b", "version": "1.5"},
    ]
    needs = lambda python, wanted: unmet([Requirement(wanted)], wheels, environment(python, "linux-x86_64"))
    assert needs("3.13.0", "a") == ["a needs B>=2, pinned is 1.5"]
    assert len(needs("3.11.0", "a")) == 2
    assert 'a needs d; extra == "more", pinned is none' in needs("3.13.0", "a[more]")
