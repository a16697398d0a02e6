"""The fast writer says exactly what prometheus_client says."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
)

from streamrnn.service import exposition

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
NUMBERS = st.one_of(st.floats(), st.integers(-(10**12), 10**12))


class Families:
    def __init__(self, *families: Metric) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        yield from self._families


def registry_of(*families: Metric) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(Families(*families))
    return registry


def long(values: list[float]) -> list[float]:
    return values * (exposition.LONG_FAMILY // len(values) + 1)


@given(
    labels=st.lists(TEXTS, min_size=1, max_size=4),
    values=st.lists(NUMBERS, min_size=1, max_size=4),
    text=TEXTS,
)
def test_the_bytes_are_those_of_prometheus_client(
    labels: list[str], values: list[float], text: str
) -> None:
    gauge = GaugeMetricFamily("speed", text, labels=["b", "a"])
    counter = CounterMetricFamily("turns_total", text, labels=["b", "a"])
    for i, value in enumerate(long(values)):
        pair = [labels[i % len(labels)], str(i)]
        gauge.add_metric(pair, value)
        counter.add_metric(pair, value)
    short = GaugeMetricFamily("level", text, 3)
    info = InfoMetricFamily("build", text, {"version": text})
    registry = registry_of(gauge, short, counter, info)
    assert exposition.write(registry) == generate_latest(registry)


def test_long_families_of_other_shapes_are_left_to_prometheus_client() -> None:
    with_time = GaugeMetricFamily("late", "With time stamps.", labels=["n"])
    created = CounterMetricFamily("made", "With creation times.", labels=["n"])
    histogram = HistogramMetricFamily("seconds", "With buckets.", labels=["n"])
    for i in range(exposition.LONG_FAMILY):
        with_time.add_metric([str(i)], i, timestamp=1_800_000_000)
        created.add_metric([str(i)], i, created=1_800_000_000)
        histogram.add_metric([str(i)], [("1", 1), ("+Inf", 2)], 3)
    bare = Metric("bare", "Without labels.", "gauge")
    for i in range(exposition.LONG_FAMILY):
        bare.add_sample("bare", {}, i)
    registry = registry_of(with_time, created, histogram, bare)
    assert exposition.write(registry) == generate_latest(registry)


def test_labels_shared_between_families_are_written_in_each() -> None:
    shared = [{"stream": f"s{i}"} for i in range(exposition.LONG_FAMILY)]
    families = [Metric(name, "Shared.", "gauge") for name in ("first", "second")]
    for family in families:
        for labels in shared:
            family.add_sample(family.name, labels, 1)
    registry = registry_of(*families)
    assert exposition.write(registry) == generate_latest(registry)
