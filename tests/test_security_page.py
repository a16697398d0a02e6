"""Every claim of docs/security.md names a test, and each of these tests exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "security.md").read_text()
DEFENDED = PAGE.partition("## What is defended")[2].partition("## What is not")[0]
ROWS = [line.strip("| ").split(" | ") for line in DEFENDED.splitlines() if line.startswith("| ")]
CLAIMS = [row for row in ROWS if row != ["shown by"]]


def named_tests(claims: list[list[str]]) -> list[tuple[str, str]]:
    """(file, part of a test's name or "") for each that the second columns name."""
    found, file = [], ""
    for _, shown_by in claims:
        for code in re.findall(r"`([^`]+)`|the same", shown_by):
            if code.endswith(".py"):
                file = code
                found.append((file, ""))
            elif code and not code.startswith("make "):
                found.append((file, code))
    return found


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda c: c[0][:40])
def test_every_claim_is_shown_by_something(claim: list[str]) -> None:
    assert len(claim) == 2
    assert claim[1]


@pytest.mark.parametrize(("file", "name"), named_tests(CLAIMS))
def test_the_test_that_is_named_exists(file: str, name: str) -> None:
    text = (ROOT / "tests" / file).read_text()
    assert not name or re.search(rf"def test_\w*{name}\w*\(", text)
