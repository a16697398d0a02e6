"""docs/monitoring.md against the code: no metric and no alert is missing or made up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from streamrnn.service.health import Health
from streamrnn.service.metrics import FleetCollector, HealthCollector, build_info
from tests.deploy.test_prometheus_rules import ALERTS, PROMETHEUS, RULES
from tests.service.fleet_snapshots import plant

REPOSITORY = Path(__file__).parents[2]
DOCS = (REPOSITORY / "docs" / "monitoring.md").read_text()
DASHBOARDS = "".join(
    path.read_text() for path in (REPOSITORY / "deploy/grafana/dashboards").glob("*.json")
)
SUFFIXES = {"counter": ("_total",), "info": ("_info",), "summary": ("_count", "_sum")}


def metrics() -> Iterator[tuple[str, list[str], str, str]]:
    """(name, labels, type, help) of every metric of our own."""
    health = HealthCollector(Health(lambda: 0.0, ["broker"]))
    for family in [*FleetCollector(plant, build_info()).collect(), *health.collect()]:
        labels = sorted({label for sample in family.samples for label in sample.labels})
        for suffix in SUFFIXES.get(family.type, ("",)):
            yield family.name + suffix, labels, family.type, family.documentation


def table() -> str:
    rows = ["| metric | type | labels | |", "|---|---|---|---|"]
    for name, labels, kind, text in metrics():
        shown = ", ".join(f"`{label}`" for label in labels)
        rows.append(f"| `{name}` | {kind} | {shown} | {text} |")
    return "\n".join(rows) + "\n"


def test_the_table_of_metrics_is_the_code_s() -> None:
    assert table() in DOCS, f"docs/monitoring.md must have this table:\n\n{table()}"


def test_every_alert_has_its_section() -> None:
    assert re.findall(r"^### (Streamrnn\w+)$", DOCS, re.MULTILINE) == ALERTS


def test_docs_rules_and_dashboards_name_only_metrics_that_exist() -> None:
    names = {name for name, *_ in metrics()}
    for text in (DOCS, RULES, DASHBOARDS):
        recorded = set(re.findall(r"gateway:\w+:\w+", text))
        assert recorded <= set(re.findall(r"record: (\S+)", RULES))
        used = set(re.findall(r"(?<![\w:])streamrnn_\w+", text))
        assert used <= names


def test_the_scrape_settings_in_the_docs_are_valid() -> None:
    """They are the committed ones, but for the target."""
    (snippet,) = re.findall(r"```yaml\n(scrape_configs:\n.+?)```", DOCS, re.DOTALL)
    committed = (PROMETHEUS / "prometheus.yml").read_text()
    for line in re.findall(r"^ +(?:regex|source_labels|target_label|replacement).*", snippet, re.M):
        assert line.strip() in committed
