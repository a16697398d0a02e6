"""The dashboards: what is committed is what the code builds, and it is sound."""

from __future__ import annotations

import json
import re
from collections import Counter
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("grafana_foundation_sdk")

from grafana_foundation_sdk.models.dashboard import Dashboard

from deploy.grafana.source import DASHBOARDS, as_json
from deploy.grafana.source.overview import STALE_AFTER

FOLDER = Path(__file__).parents[2] / "deploy" / "grafana" / "dashboards"
UNITS = {"none", "short", "s", "bytes", "cps"}  # as Grafana calls them
PER_STREAM = ("value", "yhat", "anomaly_", "anomalies_", "last_reading_", "model_skill_ratio")
NAMES = sorted(path.name for path in FOLDER.glob("*.json"))


def committed(name: str) -> dict[str, Any]:
    dashboard: dict[str, Any] = json.loads((FOLDER / name).read_text())
    return dashboard


def panels(name: str) -> list[dict[str, Any]]:
    return [panel for panel in committed(name)["panels"] if panel["type"] != "row"]


def test_the_committed_files_are_what_the_code_builds() -> None:
    assert sorted(DASHBOARDS) == NAMES
    for name, make in DASHBOARDS.items():
        assert (FOLDER / name).read_text() == as_json(make()), "run: make dashboards"


def test_uids_never_change() -> None:
    """Bookmarks, and the links between the dashboards, live on them."""
    assert {name: committed(name)["uid"] for name in NAMES} == {
        "overview.json": "streamrnn-overview",
        "stream.json": "streamrnn-stream",
        "daemon.json": "streamrnn-daemon",
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_file_reads_back_through_the_models_of_grafana(name: str) -> None:
    dashboard = Dashboard.from_json(committed(name))
    assert dashboard.title
    assert dashboard.title.startswith("streamrnn: ")
    assert len(dashboard.panels or []) == len(committed(name)["panels"])


@pytest.mark.parametrize("name", NAMES)
def test_the_provisioned_data_source_is_the_first_choice(name: str) -> None:
    provisioning = FOLDER.parent / "provisioning" / "datasources" / "prometheus.yml"
    first = committed(name)["templating"]["list"][0]
    assert first["type"] == "datasource"
    assert f"uid: {first['current']['value']}\n" in provisioning.read_text()


def test_dashboards_can_be_narrowed_to_gateway_device_and_stream() -> None:
    variables = {
        name: [variable["name"] for variable in committed(name)["templating"]["list"]]
        for name in NAMES
    }
    everything = ["datasource", "gateway", "device", "stream"]
    assert variables == {
        "overview.json": everything,
        "stream.json": everything,
        "daemon.json": ["datasource", "gateway"],
    }


@pytest.mark.parametrize("name", NAMES)
def test_every_panel_explains_itself(name: str) -> None:
    for panel in panels(name):
        assert panel["title"]
        assert panel["description"].endswith("."), panel["title"]
        assert panel["datasource"]["uid"] == "${datasource}", panel["title"]


@pytest.mark.parametrize("name", NAMES)
def test_panels_fill_the_width_without_overlapping(name: str) -> None:
    cells = [
        {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        for at in (panel["gridPos"] for panel in committed(name)["panels"])
    ]
    for one, other in combinations(cells, 2):
        assert not one & other
    assert max(x for x, _ in set().union(*cells)) == 23


@pytest.mark.parametrize("name", NAMES)
def test_no_line_of_the_grid_has_a_hole(name: str) -> None:
    """A hole looks like a panel that failed to load."""
    widths: Counter[int] = Counter()
    for at in (panel["gridPos"] for panel in committed(name)["panels"]):
        for line in range(at["y"], at["y"] + at["h"]):
            widths[line] += at["w"]
    assert set(widths.values()) == {24}
    assert set(widths) == set(range(max(widths) + 1))


@pytest.mark.parametrize("name", NAMES)
def test_titles_are_told_apart_and_fit_their_panels(name: str) -> None:
    titles = [panel["title"] for panel in committed(name)["panels"]]
    assert len(set(titles)) == len(titles)
    for panel in committed(name)["panels"]:
        # About: of 1280 pixels a column of the grid gets 50, in which six letters stand.
        assert len(panel["title"]) <= 6 * panel["gridPos"]["w"], panel["title"]


@pytest.mark.parametrize("name", NAMES)
def test_every_line_has_a_name_and_every_axis_a_unit(name: str) -> None:
    for panel in panels(name):
        assert panel["fieldConfig"]["defaults"].get("unit", "none") in UNITS, panel["title"]
        if panel["type"] in ("timeseries", "state-timeline"):
            legends = [target["legendFormat"] for target in panel["targets"]]
            assert all(legends), panel["title"]
            assert len(set(legends)) == len(legends), panel["title"]
        if panel["type"] == "timeseries":
            assert panel["options"]["legend"]["showLegend"], panel["title"]


@pytest.mark.parametrize("name", NAMES)
def test_colours_change_at_rising_values(name: str) -> None:
    for panel in panels(name):
        steps = panel["fieldConfig"]["defaults"].get("thresholds", {}).get("steps", [])
        if steps:
            first, *above = [step["value"] for step in steps]
            assert first is None, panel["title"]
            assert above == sorted(set(above)), panel["title"]


@pytest.mark.parametrize("name", NAMES)
def test_every_variable_narrows_something(name: str) -> None:
    dashboard = committed(name)
    for variable in dashboard["templating"]["list"]:
        others = [each for each in dashboard["templating"]["list"] if each is not variable]
        text = json.dumps([dashboard["panels"], dashboard["annotations"], others])
        used = re.search(rf"\$\{{?{variable['name']}\b", text)
        assert used, variable["name"]


@pytest.mark.parametrize("name", NAMES)
def test_panels_have_numbers_of_their_own(name: str) -> None:
    numbers = [panel["id"] for panel in committed(name)["panels"]]
    assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_one_row_per_stream_is_asked_for_once_and_cut_off(name: str) -> None:
    """10,000 streams over a range of time would be slow in Prometheus and in the browser."""
    for panel in panels(name):
        for target in panel["targets"]:
            expr = target["expr"]
            per_stream = any(f"streamrnn_{metric}" in expr for metric in PER_STREAM)
            if per_stream and '="$stream"' not in expr:
                assert target["instant"], panel["title"]
                assert expr.startswith(("sum(", "count(")) or "topk(" in expr, panel["title"]


def test_dashboards_and_alerts_agree_on_what_is_stale() -> None:
    rules = FOLDER.parents[1] / "prometheus" / "rules"
    for file in ("alerts.yml", "recording.yml"):
        assert f"> {STALE_AFTER}" in (rules / file).read_text()
    assert f"group_left () {STALE_AFTER}" in (FOLDER / "overview.json").read_text()
