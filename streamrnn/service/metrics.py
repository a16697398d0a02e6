"""Prometheus metrics, built at scrape time from the columns of one snapshot.

No metric object lives between scrapes: a stream that is gone leaves no dead series, and a reading
costs nothing here.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import version
from itertools import repeat

import numpy as np
from numpy.typing import NDArray
from prometheus_client import CollectorRegistry, GCCollector, Metric, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    InfoMetricFamily,
    SummaryMetricFamily,
)
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample

from streamrnn import __version__
from streamrnn.records import Reason
from streamrnn.service.fleet import STATES, FleetSnapshot
from streamrnn.service.health import Health
from streamrnn.service.sinks.tally import Tally


def metrics_registry(
    read: Callable[[], FleetSnapshot],
    health: Health,
    tallies: Callable[[], Mapping[str, Tally]] = dict,
) -> CollectorRegistry:
    """A private registry: the fleet's metrics, its health, its sinks, and those of this process."""
    registry = CollectorRegistry()
    registry.register(FleetCollector(read, build_info()))
    registry.register(HealthCollector(health))
    registry.register(SinkCollector(tallies))
    ProcessCollector(registry=registry)
    GCCollector(registry=registry)
    return registry


def build_info() -> dict[str, str]:
    """What runs here: the labels of `streamrnn_build_info`."""
    return {
        "version": __version__,
        "python": platform.python_version(),
        "numpy": version("numpy"),
        "numba": version("numba"),
    }


class FleetCollector(Collector):
    """Every `streamrnn_*` metric, from one call of `read` per scrape.

    Values that are not known yet (NaN) have no sample: a gap in a graph, not a zero.
    """

    def __init__(self, read: Callable[[], FleetSnapshot], build: Mapping[str, str]) -> None:
        self._read = read
        self._build = dict(build)

    def collect(self) -> Iterator[Metric]:
        snapshot = self._read()
        yield from _streams(snapshot)
        yield _anomalies(snapshot)
        yield from _intake(snapshot)
        yield from _training(snapshot)
        yield from _plumbing(snapshot)
        yield InfoMetricFamily("streamrnn_build", "What this gateway runs.", self._build)


class HealthCollector(Collector):
    """What `/readyz` says, by condition. Not from the snapshot: a stuck loop makes none."""

    def __init__(self, health: Health) -> None:
        self._health = health

    def collect(self) -> Iterator[Metric]:
        ready = GaugeMetricFamily(
            "streamrnn_ready",
            "1 while this part of the daemon is as it should be, else 0: /readyz tells why.",
            labels=["condition"],
        )
        for condition, well in self._health.parts().items():
            ready.add_metric([condition], well)
        yield ready


class SinkCollector(Collector):
    """What became of events and readings on their way out. From the sinks' own threads."""

    def __init__(self, tallies: Callable[[], Mapping[str, Tally]]) -> None:
        self._tallies = tallies

    def collect(self) -> Iterator[Metric]:
        delivered = CounterMetricFamily(
            "streamrnn_sink_delivered_total",
            "Events or readings that a sink has taken.",
            labels=["sink"],
        )
        dropped = CounterMetricFamily(
            "streamrnn_sink_dropped_total",
            "Events or readings that a sink will never have, by reason.",
            labels=["sink", "reason"],
        )
        waiting = GaugeMetricFamily(
            "streamrnn_sink_waiting", "Events or readings on their way to a sink.", labels=["sink"]
        )
        for sink, tally in self._tallies().items():
            delivered.add_metric([sink], tally.delivered)
            waiting.add_metric([sink], tally.waiting)
            for reason, count in tally.dropped.items():
                dropped.add_metric([sink, reason], count)
        yield from (delivered, dropped, waiting)


def label_value(text: str) -> str:
    """`text` without lone surrogates, which UTF-8 cannot carry: one would void a whole scrape."""
    if text.isascii():
        return text
    return text.encode("utf-8", "backslashreplace").decode()


def _streams(snapshot: FleetSnapshot) -> Iterator[Metric]:
    """One gauge per stream and column. All families share the label dicts: see `exposition`."""
    status = snapshot.status
    labels = [{"stream": label_value(name)} for name in snapshot.names]
    heard = status.readings > 0

    def family(name: str, text: str, column: NDArray[np.generic]) -> Metric:
        values = np.where(heard, column, np.nan)
        known = np.flatnonzero(np.isfinite(values))
        metric = GaugeMetricFamily(f"streamrnn_{name}", text, labels=["stream"])
        named = map(labels.__getitem__, known.tolist())
        metric.samples = list(map(Sample, repeat(metric.name), named, values[known].tolist()))
        return metric

    yield family("value", "Last reading, in the sensor's own unit.", status.value)
    yield family("yhat", "The reading that was expected.", status.yhat)
    yield family("yhat_lower", "Lower end of the expected band.", status.yhat_lower)
    yield family("yhat_upper", "Upper end of the expected band.", status.yhat_upper)
    # Six decimals: float32 holds no more, and widening it would print seventeen digits.
    yield family(
        "anomaly_score",
        "Below 1 inside the band of the usual, above 1 anomalous; 0 while warming up.",
        np.round(status.score.astype(np.float64), 6),
    )
    yield family(
        "anomaly_active",
        "1 while an anomaly is open and for at least a minute after it opened, else 0.",
        snapshot.anomaly_active.astype(np.float64),
    )
    yield family(
        "last_reading_timestamp_seconds",
        "Time of the last reading, by its own stamp, in Unix seconds.",
        status.time,
    )
    yield family(
        "model_skill_ratio",
        "Error of the network over the error of repeating the last reading; below 1 it helps.",
        np.round(status.skill_ratio.astype(np.float64), 6),
    )
    yield family(
        "reading_interval_seconds",
        "Time that usually lies between two readings, as learned.",
        np.round(status.interval, 6),
    )
    yield _stream_info(snapshot, heard)


def _stream_info(snapshot: FleetSnapshot, heard: NDArray[np.bool_]) -> Metric:
    """What a stream is. Apart from the values, whose series must not change when this does:
    queries join it `on (job, instance, stream)`."""
    metric = InfoMetricFamily(
        "streamrnn_stream",
        "What a stream belongs to, is called and is measured in, as far as it is known.",
        labels=["stream"],
    )
    for slot in np.flatnonzero(heard).tolist():
        name = snapshot.names[slot]
        label = snapshot.label(name)
        about = {
            "device": label_value(snapshot.device(name)),
            "name": label_value(label.name),
            "unit": label_value(label.unit),
        }
        metric.add_metric([label_value(name)], about)
    return metric


def _anomalies(snapshot: FleetSnapshot) -> Metric:
    metric = CounterMetricFamily(
        "streamrnn_anomalies_total", "Anomalies opened, by kind.", labels=["stream", "kind"]
    )
    for (stream, kind), count in snapshot.anomalies_total.items():
        metric.add_metric([label_value(stream), kind], count)
    return metric


def _intake(snapshot: FleetSnapshot) -> Iterator[Metric]:
    yield CounterMetricFamily(
        "streamrnn_messages_total", "MQTT messages received.", snapshot.messages_total
    )
    yield CounterMetricFamily(
        "streamrnn_readings_total",
        "Readings that reached the detector.",
        snapshot.readings_total,
    )
    dropped = CounterMetricFamily(
        "streamrnn_dropped_total",
        "Messages and readings that did not reach the detector, by reason.",
        labels=["reason"],
    )
    for reason in Reason:
        dropped.add_metric([reason.value], snapshot.dropped.get(reason, 0))
    yield dropped
    yield CounterMetricFamily(
        "streamrnn_stamps_not_believed_total",
        "Times too far ahead of this machine's clock; the readings count from their arrival.",
        snapshot.disbelieved,
    )
    streams = GaugeMetricFamily("streamrnn_streams", "Streams by state.", labels=["state"])
    counts = np.bincount(snapshot.states(), minlength=len(STATES))
    for state, count in zip(STATES, counts.tolist(), strict=True):
        streams.add_metric([state], count)
    yield streams
    yield GaugeMetricFamily(
        "streamrnn_streams_limit", "Streams for which there is room.", snapshot.most_streams
    )
    yield CounterMetricFamily(
        "streamrnn_streams_shed_total",
        "Idle streams that were given up to make room for new ones.",
        snapshot.shed_total,
    )


def _training(snapshot: FleetSnapshot) -> Iterator[Metric]:
    training = snapshot.training
    results = {
        "accepted": training.accepted,
        "rejected": training.rejected,
        "failed": training.failed,
    }
    yield SummaryMetricFamily(
        "streamrnn_train_duration_seconds",
        "Time spent on retraining a stream's network.",
        count_value=sum(results.values()),
        sum_value=training.duration_seconds,
    )
    retrainings = CounterMetricFamily(
        "streamrnn_retrainings_total",
        "Retrainings, by whether the new network replaced the old one.",
        labels=["result"],
    )
    for result, count in results.items():
        retrainings.add_metric([result], count)
    yield retrainings
    yield CounterMetricFamily(
        "streamrnn_trainer_restarts_total",
        "Times that the trainer was replaced as it had died or hung.",
        snapshot.training.restarts,
    )


def _plumbing(snapshot: FleetSnapshot) -> Iterator[Metric]:
    def gauge(name: str, text: str, value: float) -> Metric:
        return GaugeMetricFamily(f"streamrnn_{name}", text, value)

    yield gauge("queue_depth", "Messages waiting for the detector.", snapshot.queue_depth)
    yield gauge("outbox_depth", "Events not yet delivered.", snapshot.outbox_depth)
    yield gauge("connected", "1 while connected to the broker, else 0.", snapshot.connected)
    yield CounterMetricFamily(
        "streamrnn_reconnects_total",
        "Times the connection to the broker was made again.",
        snapshot.reconnects,
    )
    yield CounterMetricFamily(
        "streamrnn_client_rebuilds_total",
        "Times the MQTT client was replaced because its network thread had died.",
        snapshot.rebuilds,
    )
    yield gauge("snapshot_timestamp_seconds", "When these values were true.", snapshot.time)
    if snapshot.checkpoint_time is not None:
        yield gauge(
            "last_checkpoint_timestamp_seconds",
            "When the state was last saved, in Unix seconds.",
            snapshot.checkpoint_time,
        )
    if snapshot.checkpoint_duration_seconds is not None:
        yield gauge(
            "last_checkpoint_duration_seconds",
            "How long the last save took.",
            snapshot.checkpoint_duration_seconds,
        )
