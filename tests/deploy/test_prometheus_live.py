"""A real Prometheus with the committed settings scrapes a real daemon: every query of every rule
and dashboard has something to show, and the right alerts fire."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.deploy.live_monitoring import Live, live_monitoring
from tests.prometheus import require

DASHBOARDS = sorted((Path(__file__).parents[2] / "deploy/grafana/dashboards").glob("*.json"))
GRAFANA = {
    "$__rate_interval": "1m",
    "$gateway": ".*",
    "$device": ".*",
    "$stream": ".*",
}


class Query(NamedTuple):
    """One target of a panel, an annotation, or a variable."""

    where: str
    expr: str
    instant: bool = False


def queries() -> Iterator[Query]:
    for path in DASHBOARDS:
        dashboard = json.loads(path.read_text())
        for panel in dashboard["panels"]:
            for target in panel.get("targets", []):
                where = f"{path.stem}: {panel['title']} {target['refId']}"
                yield Query(where, target["expr"], target["instant"])
        for annotation in dashboard["annotations"].get("list", []):
            yield Query(f"{path.stem}: {annotation['name']}", annotation["expr"])


def variables() -> Iterator[Query]:
    for path in DASHBOARDS:
        for variable in json.loads(path.read_text())["templating"]["list"]:
            if variable["type"] == "query":
                yield Query(f"{path.stem}: ${variable['name']}", variable["query"])


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    require("prometheus")
    with live_monitoring(tmp_path_factory.mktemp("monitoring")) as running:
        yield running


def chosen(expr: str) -> str:
    """The expression as Grafana sends it: with everything chosen, or one stream."""
    if '="$stream"' in expr:
        expr = expr.replace('gateway="$gateway"', 'gateway=~"$gateway"')
        expr = expr.replace('"$stream"', '"oven.temperature"')
    for variable, value in GRAFANA.items():
        expr = expr.replace(variable, value)
    assert "$" not in expr, expr
    return expr


@pytest.mark.parametrize("query", list(queries()), ids=lambda query: query.where)
def test_every_panel_has_data(live: Live, query: Query) -> None:
    expr = chosen(query.expr)
    found = live.prometheus.query(expr) if query.instant else live.prometheus.query_range(expr, 60)
    values = [value for series in found for value in _values(series)]
    assert values, f"nothing for {expr}"
    assert any(value == value for value in values), f"only NaN for {expr}"


def _values(series: dict[str, Any]) -> list[float]:
    points = [series["value"]] if "value" in series else series["values"]
    return [float(text) for _, text in points]


@pytest.mark.parametrize("query", list(variables()), ids=lambda query: query.where)
def test_every_variable_has_values(live: Live, query: Query) -> None:
    match = re.fullmatch(r"label_values\((.+), (\w+)\)", query.expr)
    assert match, query.expr
    assert live.prometheus.label_values(match[2], chosen(match[1]))


def test_tables_have_one_row_per_stream(live: Live) -> None:
    """The columns of a row are joined by labels: they must be the same for all queries."""
    for path in DASHBOARDS:
        for panel in json.loads(path.read_text())["panels"]:
            if panel["type"] != "table":
                continue
            labels = [
                {tuple(sorted(series["metric"].items())) for series in found}
                for target in panel["targets"]
                if (found := live.prometheus.query(chosen(target["expr"])))
            ]
            # A stream may lack a value, such as the band of one that warms up.
            assert all(each <= labels[0] for each in labels), panel["title"]


def test_rows_have_the_columns_that_their_table_promises(live: Live) -> None:
    """Among them those that the link to the stream needs. A unit is told by some sensors only."""
    for path in DASHBOARDS:
        for panel in json.loads(path.read_text())["panels"]:
            if panel["type"] != "table":
                continue
            wanted = {
                name
                for name in panel["transformations"][1]["options"]["indexByName"]
                if not name.startswith("Value") and name != "unit"
            }
            for target in panel["targets"]:
                for series in live.prometheus.query(chosen(target["expr"])):
                    assert wanted <= series["metric"].keys(), panel["title"]


def test_the_first_anomaly_of_a_stream_is_counted(live: Live) -> None:
    """Its own counter is born at 1, which increase() does not see; the recorded sum begins at 0."""
    assert live.prometheus.query("increase(gateway:streamrnn_anomalies:sum[1h]) > 0")


def test_a_gateway_is_called_after_its_host_where_it_is_given_no_name(live: Live) -> None:
    assert live.prometheus.label_values("gateway", "streamrnn_build_info") == ["127.0.0.1"]


def test_the_device_comes_from_the_topic(live: Live) -> None:
    devices = live.prometheus.label_values("device", "streamrnn_stream_info")
    assert devices == ["attic", "oven", "pump"]


def test_every_rule_evaluates_without_an_error(live: Live) -> None:
    assert {
        rule["name"]: rule["lastError"] for rule in live.prometheus.rules() if rule.get("lastError")
    } == {}


def test_the_jump_and_the_silence_raise_alerts_and_nothing_else_does(live: Live) -> None:
    live.prometheus.wait_until(
        lambda: {"StreamrnnAnomaly", "StreamrnnStreamStale"} <= live.prometheus.alerts().keys(),
        "alerts",
    )
    alerts = live.prometheus.alerts()
    assert alerts["StreamrnnAnomaly"] == "firing"
    assert alerts["StreamrnnStreamStale"] == "pending"  # for five minutes
    assert alerts.keys() <= {"StreamrnnAnomaly", "StreamrnnStreamStale", "StreamrnnBadInput"}


def test_promtool_finds_no_fault_in_the_metrics_of_the_daemon(live: Live) -> None:
    status, text = live.daemon.get("/metrics")
    assert status == 200
    checked = subprocess.run(
        [require("promtool"), "check", "metrics"], input=text, capture_output=True, text=True
    )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")
