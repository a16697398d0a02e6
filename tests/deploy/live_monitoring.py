"""A daemon that has something to show on every panel, and a Prometheus that watches it."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from streamrnn.demo.broker import EmbeddedBroker
from tests.daemon_process import DaemonProcess, daemon
from tests.prometheus import Prometheus

PROMETHEUS = Path(__file__).parents[2] / "deploy" / "prometheus"
READINGS = 1500
SILENT_SECONDS = 7200.0
SETTINGS = """
[mqtt]
broker = "{broker}"

[[source]]
topic = "plant/{{device}}"
stream = "{{device}}.{{field}}"
fields = ["temperature", "current"]
time = {{ path = "time", format = "unix" }}

[detector]
retrain_every = "5m"

[state]
checkpoint_every = "1s"
"""

HAPPENED = (
    f"streamrnn_readings_total == {3 * READINGS}",
    "sum(streamrnn_anomaly_active) > 0",
    "gateway:streamrnn_anomalies:sum > 0",
    "gateway:streamrnn_streams_stale:count > 0",
    "sum(rate(streamrnn_dropped_total[1m])) > 0",
    "increase(streamrnn_train_duration_seconds_count[1m]) > 0",
    "streamrnn_last_checkpoint_timestamp_seconds",
)


class Live(NamedTuple):
    daemon: DaemonProcess
    prometheus: Prometheus


@contextmanager
def live_monitoring(folder: Path) -> Iterator[Live]:
    """Three streams with a past of 25 minutes: one usual, one that has just jumped, and one that
    fell silent two hours ago. Scraped and judged by our own rules several times."""
    with EmbeddedBroker() as broker:
        settings = SETTINGS.format(broker=broker.url)
        with daemon(folder / "daemon", settings) as process:
            process.wait_ready()
            with Prometheus(folder / "prometheus", _config(folder, process.port)) as prometheus:
                # Before anything happens: a rate needs to see the counter move.
                _wait_for_scrapes(prometheus)
                _publish(broker.port)
                prometheus.wait_until(
                    lambda: all(map(prometheus.query, HAPPENED)), "all that should happen"
                )
                yield Live(process, prometheus)


def _config(folder: Path, port: int) -> Path:
    """The committed settings, with the target and the interval that a test needs."""
    text = (PROMETHEUS / "prometheus.yml").read_text()
    for committed, ours in {
        "streamrnn:8095": f"127.0.0.1:{port}",
        "_interval: 15s": "_interval: 1s",
        "gateway: demo": 'gateway: ""',
        "rules/*.yml": f"{PROMETHEUS}/rules/*.yml",
    }.items():
        assert committed in text, f"prometheus.yml has no {committed!r} any more"
        text = text.replace(committed, ours)
    config = folder / "prometheus.yml"
    config.write_text(text)
    return config


def _wait_for_scrapes(prometheus: Prometheus) -> None:
    series = ("streamrnn_readings_total", "gateway:streamrnn_anomalies:sum")
    prometheus.wait_until(
        lambda: all(prometheus.query(f"count_over_time({name}[5m]) > 1") for name in series),
        "two scrapes, and rules judged twice",
    )


@contextmanager
def _publisher(port: int) -> Iterator[mqtt.Client]:
    client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv311)
    client.connect("127.0.0.1", port)
    client.loop_start()
    try:
        yield client
    finally:
        client.disconnect()
        client.loop_stop()


def _publish(port: int) -> None:
    now = time.time()
    with _publisher(port) as client:
        last = None
        for i in range(READINGS):
            at = now - READINGS + i
            jump = 400.0 if i >= READINGS - 3 else 0.0
            wave = math.sin(i / 7.0)
            for device, reading in {
                "oven": {"time": at, "temperature": 200.0 + wave + jump},
                "pump": {"time": at, "current": 3.0 + 0.1 * wave},
                "attic": {"time": at - SILENT_SECONDS, "temperature": 20.0 + wave},
            }.items():
                last = client.publish(f"plant/{device}", json.dumps(reading), qos=1)
        for _ in range(20):
            last = client.publish("plant/oven", "{not JSON", qos=1)
        assert last is not None
        last.wait_for_publish(60)
