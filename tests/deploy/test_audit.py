from __future__ import annotations

import json
from typing import Any

from deploy.release.audit import CLEAN, NOT_RUN, VULNERABLE, verdict


def report(*dependencies: dict[str, Any]) -> str:
    return json.dumps({"dependencies": list(dependencies), "fixes": []})


LOOKED_UP = {"name": "numpy", "version": "2.4.6", "vulns": []}
SKIPPED = {"name": "numba", "skip_reason": "Dependency not found on PyPI"}
BAD = {
    "name": "h11",
    "version": "0.15.0",
    "vulns": [{"id": "PYSEC-2025-1", "fix_versions": ["0.16.0"], "description": "..."}],
}


def test_all_looked_up_and_none_vulnerable_is_clean() -> None:
    code, lines = verdict(report(LOOKED_UP), "")
    assert code == CLEAN
    assert lines == ["pip-audit: 1 dependencies looked up, none known to be vulnerable"]


def test_a_vulnerable_one_is_named_with_its_remedy() -> None:
    code, lines = verdict(report(LOOKED_UP, BAD, SKIPPED), "")
    assert code == VULNERABLE
    assert lines[1:] == ["h11 0.15.0: PYSEC-2025-1, mended in 0.16.0"]


def test_one_that_was_not_looked_up_has_not_passed() -> None:
    code, lines = verdict(report(LOOKED_UP, SKIPPED), "")
    assert code == NOT_RUN
    assert "NOT RUN for 1 of 2 dependencies: Dependency not found on PyPI" in lines[0]


def test_no_report_is_not_a_pass() -> None:
    code, lines = verdict("", "Traceback\nConnectionError: no route\n")
    assert code == NOT_RUN
    assert lines == ["pip-audit NOT RUN: ConnectionError: no route"]


def test_a_report_of_nothing_is_not_a_pass() -> None:
    assert verdict(report(), "")[0] == NOT_RUN
