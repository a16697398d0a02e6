"""The recording and alert rules, by promtool: valid, and firing when they should and not before.

The cases are in rules/*.yml, in promtool's own format.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from streamrnn.records import Reason
from streamrnn.service.upkeep import CONDITIONS
from tests.prometheus import require

REPOSITORY = Path(__file__).parents[2]
PROMETHEUS = REPOSITORY / "deploy" / "prometheus"
RULES = "".join(path.read_text() for path in (PROMETHEUS / "rules").glob("*.yml"))
CASES = sorted((Path(__file__).parent / "rules").glob("*.yml"))
ALERTS = re.findall(r"- alert: (\w+)", RULES)


def promtool(*arguments: str) -> str:
    """What it prints. Fails with that when it finds a fault."""
    ran = subprocess.run([require("promtool"), *arguments], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_settings_and_rules_are_valid() -> None:
    said = promtool("check", "config", "--lint=all", str(PROMETHEUS / "prometheus.yml"))
    assert said.count("rules found") == len(list((PROMETHEUS / "rules").glob("*.yml")))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_alerts_fire_when_they_should(case: Path) -> None:
    promtool("test", "rules", str(case))


@pytest.mark.parametrize("alert", ALERTS)
def test_every_alert_is_seen_to_fire_in_a_case(alert: str) -> None:
    cases = "".join(case.read_text() for case in CASES)
    assert re.search(rf"alertname: {alert}\n +exp_alerts:", cases)


def test_every_alert_says_how_bad_it_is_and_what_to_do() -> None:
    for block in RULES.split("- alert: ")[1:]:
        name = block.splitlines()[0]
        assert re.search(r"severity: (critical|warning|info)\n", block), name
        assert "summary: " in block, name
        assert "description: " in block, name


def test_rules_name_only_reasons_and_conditions_that_exist() -> None:
    for label, known in {
        "reason": {str(reason) for reason in Reason},
        "condition": set(CONDITIONS),
    }.items():
        named = re.findall(rf'{label}(?:=|!=|=~|!~)"([a-z_|]+)"', RULES)
        assert named
        assert {name for names in named for name in names.split("|")} <= known
