"""Looks the pinned dependencies up among known vulnerabilities, with pip-audit.

pip-audit counts a package that it could not look up as passed; this does not.

Exit code 0: every dependency looked up, none vulnerable. 1: some are. 3: not run, or not for all.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Final

CLEAN: Final = 0
VULNERABLE: Final = 1
NOT_RUN: Final = 3


def main(lock_file: str) -> int:
    command = [sys.executable, "-m", "pip_audit", "--progress-spinner=off", "--format=json"]
    done = subprocess.run(
        [*command, "--disable-pip", "--requirement", lock_file], capture_output=True, text=True
    )
    code, lines = verdict(done.stdout, done.stderr)
    print("\n".join(lines))
    return code


def verdict(report: str, complaints: str) -> tuple[int, list[str]]:
    """Exit code and lines to show. report: pip-audit's JSON, empty if it came to none."""
    try:
        dependencies = json.loads(report)["dependencies"]
    except (ValueError, KeyError):
        reason = complaints.strip().splitlines()[-1:] or ["it said nothing"]
        return NOT_RUN, [f"pip-audit NOT RUN: {reason[0]}"]
    found = [
        f"{dependency['name']} {dependency['version']}: {problem['id']}, "
        f"mended in {', '.join(problem['fix_versions']) or 'no version yet'}"
        for dependency in dependencies
        for problem in dependency.get("vulns", [])
    ]
    skipped = [d for d in dependencies if "skip_reason" in d]
    count = len(dependencies)
    if found:
        return VULNERABLE, [f"pip-audit: vulnerable among {count}:", *found]
    if skipped or not dependencies:
        why = skipped[0]["skip_reason"] if skipped else "it found no dependencies"
        return NOT_RUN, [f"pip-audit NOT RUN for {len(skipped)} of {count} dependencies: {why}"]
    return CLEAN, [f"pip-audit: {count} dependencies looked up, none known to be vulnerable"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
