"""The main job on real input: two labelled sensor recordings through a real broker to the real
daemon, the broker being restarted on the way."""

from __future__ import annotations

import csv
import gzip
import heapq
import json
import os
import subprocess
import sys
import threading
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from tests.daemon_process import GATEWAY, DaemonProcess, daemon
from tests.mosquitto import Mosquitto, require_mosquitto, require_or_skip

DATA = Path(os.environ.get("STREAMRNN_DATA", Path(__file__).parents[2] / "../shared/data")) / "nab"
RECORDINGS = ("machine_temperature_system_failure", "ambient_temperature_system_failure")
SETTINGS = """
[mqtt]
broker = "mqtt://127.0.0.1:{port}"

[[source]]
topic = "plant/{{name}}"
stream = "{{name}}"
fields = ["value"]
time = {{ path = "time", format = "unix" }}

# Months go by in seconds here: the daemon, which listens for silence on its own clock, cannot miss
# what a replay, whose clock is the recording's, does.
[alerts]
stale_after = "never"
"""

Reading = tuple[float, float]  # time, value

pytestmark = pytest.mark.broker


class Outcome(NamedTuple):
    """What the run left behind."""

    events: list[dict[str, Any]]
    readings_total: float
    anomalies_total: dict[tuple[str, str], float]
    settings: Path


def recording(name: str) -> list[Reading]:
    with gzip.open(DATA / "realKnownCause" / f"{name}.csv.gz", "rt") as file:
        rows = list(csv.DictReader(file))
    stamps = (datetime.fromisoformat(row["timestamp"]).replace(tzinfo=UTC) for row in rows)
    return [(at.timestamp(), float(row["value"])) for at, row in zip(stamps, rows, strict=True)]


def windows(name: str) -> list[tuple[float, float]]:
    labels = json.loads((DATA / "windows.json").read_text())[f"realKnownCause/{name}.csv"]
    return [
        (
            datetime.fromisoformat(first).replace(tzinfo=UTC).timestamp(),
            datetime.fromisoformat(last).replace(tzinfo=UTC).timestamp(),
        )
        for first, last in labels
    ]


class Client:
    """A paho client that stays subscribed over a broker restart."""

    def __init__(self, broker: Mosquitto, name: str, topic: str = "") -> None:
        self.received: list[dict[str, Any]] = []
        self.connected = threading.Event()
        self._topic = topic
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2, name, clean_session=False, protocol=mqtt.MQTTv311
        )
        self._client.on_connect = self._on_connect
        self._client.on_message = self._on_message
        self._client.reconnect_delay_set(1, 1)
        self._client.max_queued_messages_set(0)
        self._client.connect("127.0.0.1", broker.port)
        self._client.loop_start()
        assert self.connected.wait(20)

    def _on_connect(self, client: mqtt.Client, *_: Any) -> None:
        if self._topic:
            client.subscribe(self._topic, 1)
        self.connected.set()

    def _on_message(self, client: mqtt.Client, _: Any, message: mqtt.MQTTMessage) -> None:
        self.received.append(json.loads(message.payload))

    def publish(self, topic: str, payload: str) -> mqtt.MQTTMessageInfo:
        return self._client.publish(topic, payload, 1)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    require_mosquitto()
    if not DATA.is_dir():
        require_or_skip(f"no labelled data in {DATA}: point STREAMRNN_DATA to its parent folder")
    folder = tmp_path_factory.mktemp("labelled")
    broker = Mosquitto(folder / "mosquitto")
    broker.start()
    try:
        with daemon(folder / "daemon", SETTINGS.format(port=broker.port)) as process:
            process.wait_ready()
            return run(broker, process)
    finally:
        broker.kill()


def run(broker: Mosquitto, process: DaemonProcess) -> Outcome:
    """Publishes both recordings side by side, each in its own order, in which one clock is once
    set back; restarts the broker half-way."""
    streams = ([(time, value, name) for time, value in recording(name)] for name in RECORDINGS)
    order = list(heapq.merge(*streams))
    listener = Client(broker, "listener", f"streamrnn/{GATEWAY}/events")
    publisher = Client(broker, "publisher")
    receipt = None
    for i, (time, value, name) in enumerate(order):
        payload = json.dumps({"value": value, "time": time})
        receipt = publisher.publish(f"plant/{name}", payload)
        if i % 500 == 499:
            receipt.wait_for_publish(60)
        if i == len(order) // 2:
            broker.restart()
    assert receipt is not None
    receipt.wait_for_publish(60)

    def all_accounted_for() -> bool:
        return process.total("streamrnn_readings_total") + refused(process) >= len(order)

    process.wait_until(all_accounted_for, "all readings applied")
    anomalies = {
        (sample.labels["stream"], sample.labels["kind"]): sample.value
        for sample in process.samples("streamrnn_anomalies_total")
    }
    # the last event carries the last anomaly; QoS 1 keeps the order
    process.wait_until(
        lambda: len(opened(first_arrivals(listener.received))) >= sum(anomalies.values()),
        "all events",
        30,
    )
    readings_total = process.total("streamrnn_readings_total")
    publisher.close()
    process.stop()
    listener.close()
    return Outcome(first_arrivals(listener.received), readings_total, anomalies, process.settings)


def refused(process: DaemonProcess) -> float:
    """Readings that were not newer than their stream's last one, and messages sent twice."""
    reasons = ("late", "duplicate", "redelivered")
    dropped = process.samples("streamrnn_dropped_total")
    return sum(sample.value for sample in dropped if sample.labels["reason"] in reasons)


def first_arrivals(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Delivery is at least once: what a broker restart catches in flight may come twice."""
    return [event for i, event in enumerate(events) if event not in events[:i]]


def opened(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [event for event in events if event["type"] == "new"]


def replayed(name: str, settings: Path, folder: Path) -> list[dict[str, Any]]:
    """The events of a recording that goes through `streamrnn replay`."""
    output = folder / f"{name}.jsonl"
    command = [sys.executable, "-m", "streamrnn", "replay", "--config", str(settings)]
    command += ["--gateway", GATEWAY, "--stream", name, "--format", "jsonl"]
    command += ["--output", str(output), str(DATA / "realKnownCause" / f"{name}.csv.gz")]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return [json.loads(line) for line in output.read_text().splitlines()]


@pytest.mark.parametrize("name", RECORDINGS)
def test_alerts_arrive_inside_labelled_windows(outcome: Outcome, name: str) -> None:
    times = [
        datetime.fromisoformat(event["since"]).timestamp()
        for event in opened(outcome.events)
        if event["stream"] == name
    ]
    hit = [any(first <= time <= last for time in times) for first, last in windows(name)]
    assert sum(hit) >= len(hit) / 2, f"{name}: windows hit: {hit}"


def test_nothing_is_lost_and_nothing_counted_twice_over_a_broker_restart(outcome: Outcome) -> None:
    applicable = 0
    for name in RECORDINGS:
        last = (0.0, 0.0)
        for reading in recording(name):
            if reading != last and reading[0] >= last[0]:
                applicable += 1
                last = reading
    assert outcome.readings_total == applicable


def test_the_metrics_agree_with_the_events(outcome: Outcome) -> None:
    # an event counts under the kind that it was opened with
    published = Counter((event["stream"], event["kind"]) for event in opened(outcome.events))
    assert outcome.anomalies_total == dict(published)


@pytest.mark.parametrize("name", RECORDINGS)
def test_replaying_the_recording_gives_the_same_events(
    outcome: Outcome, name: str, tmp_path: Path
) -> None:
    heard = [event for event in outcome.events if event["stream"] == name]
    expected = replayed(name, outcome.settings, tmp_path)
    assert heard == expected
