"""The lock files are those of pyproject.toml. `make lock` writes them anew."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = Path(__file__).parents[2]
REQUIREMENTS = PROJECT / "requirements"
LOCKS = sorted(REQUIREMENTS.glob("*.txt"))
OWN_NAME = "streamrnn"


def pinned(lock: Path) -> dict[str, set[str]]:
    """Versions by name: more than one where Python's version decides."""
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([\w.-]+)==([^\s;]+)", lock.read_text(), re.MULTILINE):
        found.setdefault(canonicalize_name(name), set()).add(version)
    return found


def wanted(*extras: str) -> list[Requirement]:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    named = list(project["dependencies"])
    for extra in extras:
        named += project["optional-dependencies"][extra]
    return [r for r in map(Requirement, named) if r.name != OWN_NAME]


def every_extra() -> list[str]:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    return list(project["optional-dependencies"])


@pytest.mark.parametrize(
    ("lock", "extras"),
    [("daemon.txt", []), ("backtest.txt", ["backtest"]), ("all.txt", every_extra())],
)
def test_every_dependency_is_pinned_to_a_version_that_is_allowed(
    lock: str, extras: list[str]
) -> None:
    versions = pinned(REQUIREMENTS / lock)
    problems = [
        f"{requirement}: pinned {versions.get(canonicalize_name(requirement.name), 'nowhere')}"
        for requirement in wanted(*extras)
        if not any(
            requirement.specifier.contains(version)
            for version in versions.get(canonicalize_name(requirement.name), ())
        )
    ]
    assert problems == [], "run: make lock"


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_pin_has_a_hash(lock: Path) -> None:
    blocks = re.split(r"^(?=[\w.-]+==)", lock.read_text(), flags=re.MULTILINE)[1:]
    assert blocks
    assert [block.split()[0] for block in blocks if "--hash=sha256:" not in block] == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_file_names_no_index(lock: Path) -> None:
    assert "://" not in lock.read_text()
    assert "--index" not in lock.read_text()


def test_the_smaller_lock_files_agree_with_the_larger() -> None:
    daemon, backtest, everything = (
        pinned(REQUIREMENTS / f"{name}.txt") for name in ("daemon", "backtest", "all")
    )
    assert daemon.items() <= backtest.items() <= everything.items()
