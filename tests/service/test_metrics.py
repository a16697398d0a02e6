"""The metrics of a fleet: names, values, and text that no stream name can break."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from streamrnn.records import Reason
from streamrnn.service import exposition
from streamrnn.service.fleet import FleetSnapshot
from streamrnn.service.health import Health
from streamrnn.service.metrics import (
    FleetCollector,
    HealthCollector,
    SinkCollector,
    build_info,
    label_value,
    metrics_registry,
)
from streamrnn.service.sinks.tally import Tally
from tests.service.fleet_snapshots import bank_status, fleet, plant

GOLDEN = Path(__file__).parent / "metrics.golden"
BUILD = {"version": "1.2.3", "python": "3.11.2", "numpy": "2.0.0", "numba": "0.61.0"}


def registry_of(read: Callable[[], FleetSnapshot]) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(FleetCollector(read, BUILD))
    return registry


def families(snapshot: FleetSnapshot) -> dict[str, Metric]:
    text = exposition.write(registry_of(lambda: snapshot)).decode()
    return {family.name: family for family in text_string_to_metric_families(text)}


def by_label(snapshot: FleetSnapshot, name: str, label: str) -> dict[str, float]:
    return {s.labels[label]: s.value for s in families(snapshot)[name].samples}


def test_the_whole_page_is_as_documented() -> None:
    assert exposition.write(registry_of(plant)).decode() == GOLDEN.read_text()


def test_a_large_fleet_is_written_as_prometheus_client_would() -> None:
    names = [f'plant/"{i}"/größe\\' for i in range(200)]
    snapshot = fleet(names, anomalies_total={(name, "level"): 3 for name in names})
    registry = registry_of(lambda: snapshot)
    assert exposition.write(registry) == generate_latest(registry)


def test_an_unknown_value_is_a_gap_and_not_a_zero() -> None:
    assert by_label(plant(), "streamrnn_yhat", "stream").keys() == {"freezer/temperature", "door"}
    assert by_label(plant(), "streamrnn_model_skill_ratio", "stream") == {
        "freezer/temperature": 0.62
    }


def test_a_stream_without_readings_has_no_samples() -> None:
    for name, family in families(plant()).items():
        for sample in family.samples:
            assert sample.labels.get("stream") != "mixer/current", name


def test_a_stream_that_is_gone_leaves_no_series() -> None:
    snapshots = iter([fleet(["a", "b"]), fleet(["b"])])
    registry = registry_of(lambda: next(snapshots))
    assert b'stream="a"' in exposition.write(registry)
    assert b'stream="a"' not in exposition.write(registry)


def test_a_scrape_reads_one_snapshot() -> None:
    reads = []

    def read() -> FleetSnapshot:
        reads.append(1)
        return plant()

    exposition.write(registry_of(read))
    assert len(reads) == 1


def test_every_reason_is_present_from_the_start() -> None:
    dropped = by_label(plant(), "streamrnn_dropped", "reason")
    assert dropped.keys() == {reason.value for reason in Reason}
    assert sum(dropped.values()) == dropped["retained"] == 7


def test_each_stream_is_counted_in_one_state() -> None:
    assert by_label(plant(), "streamrnn_streams", "state") == {
        "warming": 2,
        "normal": 1,
        "anomaly": 1,
    }


def test_a_warming_stream_outside_its_hard_limits_counts_as_anomaly() -> None:
    snapshot = fleet(
        ["a"], status=bank_status(1, warm_up_left=[50]), anomaly_active=np.array([True])
    )
    assert by_label(snapshot, "streamrnn_streams", "state")["anomaly"] == 1


def test_a_checkpoint_that_never_was_has_no_time() -> None:
    names = families(fleet([]))
    assert not [name for name in names if "checkpoint" in name]


def test_a_fleet_of_none_is_a_valid_page() -> None:
    assert by_label(fleet([]), "streamrnn_streams", "state")["normal"] == 0


def test_a_stream_without_a_known_device_is_named_after_its_name_without_the_last_level() -> None:
    info = families(plant())["streamrnn_stream_info"].samples
    assert {s.labels["stream"]: s.labels["device"] for s in info} == {
        "freezer/temperature": "freezer",
        "door": "front door",
        "pump/current": "pump",
    }


def test_health_is_told_by_condition() -> None:
    health = Health(lambda: 0.0, ["broker", "checkpoint"])
    health.watch("loop", silence_seconds=30)
    health.ok("checkpoint")
    registry = CollectorRegistry()
    registry.register(HealthCollector(health))
    (ready,) = registry.collect()
    assert {s.labels["condition"]: s.value for s in ready.samples} == {
        "loop": 1,
        "broker": 0,
        "checkpoint": 1,
    }


@given(names=st.lists(st.text(min_size=1), min_size=1, max_size=5, unique_by=label_value))
def test_no_stream_name_breaks_the_page(names: list[str]) -> None:
    values = [float(i) for i in range(len(names))]
    snapshot = fleet(
        names,
        status=bank_status(len(names), value=values),
        anomalies_total={(name, "level"): 1 for name in names},
    )
    expected = dict(zip(map(label_value, names), values, strict=True))
    assert by_label(snapshot, "streamrnn_value", "stream") == expected
    assert by_label(snapshot, "streamrnn_anomalies", "stream").keys() == expected.keys()


def test_a_lone_surrogate_is_written_as_its_code() -> None:
    assert label_value("a\ud800ü") == "a\\ud800ü"


@pytest.mark.parametrize(
    "family",
    [*FleetCollector(plant, BUILD).collect(), *HealthCollector(Health(float, ["a"])).collect()],
    ids=lambda f: f.name,
)
def test_names_follow_the_rules_of_prometheus(family: Metric) -> None:
    """The checks of `promtool check metrics`."""
    assert re.fullmatch(r"streamrnn(_[a-z]+)+", family.name)
    assert family.documentation.endswith(".")
    # prometheus_client appends _total to counters and _info to infos, and to nothing else.
    assert not re.search(r"_(total|info|count|sum|bucket|created)$", family.name)
    assert family.type not in family.name.split("_")
    others = "milliseconds|ms|s|minutes|hours|kilobytes|megabytes|percent"
    assert not re.search(rf"_({others})(_|$)", family.name)


def test_the_registry_is_private_and_holds_the_process_too() -> None:
    health = Health(lambda: 0.0, ["broker"])
    text = exposition.write(metrics_registry(plant, health)).decode()
    assert "streamrnn_value{" in text
    assert "streamrnn_ready{" in text
    assert "process_resident_memory_bytes " in text
    assert f'version="{build_info()["version"]}"' in text
    assert exposition.write(metrics_registry(plant, health))  # a second registry does not collide


def test_what_became_of_events_on_their_way_out_is_told_by_sink() -> None:
    tallies = {"webhook:phone": Tally(delivered=7, dropped=Counter(refused=2), waiting=3)}
    registry = CollectorRegistry()
    registry.register(SinkCollector(lambda: tallies))
    sink = {"sink": "webhook:phone"}
    assert registry.get_sample_value("streamrnn_sink_delivered_total", sink) == 7
    assert registry.get_sample_value("streamrnn_sink_waiting", sink) == 3
    dropped = {**sink, "reason": "refused"}
    assert registry.get_sample_value("streamrnn_sink_dropped_total", dropped) == 2
