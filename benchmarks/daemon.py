"""The daemon over a real broker against a paho subscriber that does nothing.

A flood is published while the subscriber is away; then it works off what the broker has kept.
"""

from __future__ import annotations

import itertools
import json
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

from benchmarks.broker import find_mosquitto, mosquitto
from benchmarks.child import Daemon
from benchmarks.drain import Sample, seconds_each
from benchmarks.figure import Figure, Goal
from benchmarks.flood import flood
from benchmarks.stopwatch import Measurement, compare

_STREAMS = 200
_GOAL = Goal(0.85, at_least=True)
_PATIENCE_SECONDS = 300.0


def measure(
    readings: tuple[int, int] = (200_000, 60_000), rounds: int = 5, sample_seconds: float = 0.2
) -> Iterator[Figure]:
    """readings: per flood, by QoS: the faster one needs more of them to get into full flow.
    sample_seconds: between two looks at the subscriber's progress."""
    executable = find_mosquitto()
    for protocol, qos in itertools.product(("5", "3.1.1"), (0, 1)):
        value, note = None, "mosquitto is not installed"
        if executable is not None:
            with (
                tempfile.TemporaryDirectory() as folder,
                mosquitto(executable, Path(folder)) as port,
            ):
                daemon = _DaemonSubscriber(Path(folder), port, protocol, sample_seconds)
                bare = BareSubscriber(port, protocol, sample_seconds)
                found = compare(
                    _drain(daemon, port, readings[qos], qos),
                    _drain(bare, port, readings[qos], qos),
                    rounds,
                )
            value = 1.0 / found.ratio
            ours, other = 1.0 / found.ours, 1.0 / found.other
            note = f"{ours:,.0f} readings/s against {other:,.0f} messages/s"
        name = f"MQTT {protocol}, QoS {qos}: daemon / bare paho subscriber"
        yield Figure(group="daemon", name=name, value=value, unit="x", goal=_GOAL, note=note)


class _Subscriber(Protocol):
    """Has a persistent session at the broker from the start."""

    topic: str

    def work_off(self, count: int) -> Sequence[Sample]:
        """Come back, take the `count` messages that were kept, and leave."""


def _drain(subscriber: _Subscriber, port: int, readings: int, qos: int) -> Measurement:
    """Gives seconds per reading."""

    def measurement() -> float:
        flood(port, _readings(subscriber.topic, readings), qos)
        return seconds_each(subscriber.work_off(readings), readings)

    return measurement


class _DaemonSubscriber:
    topic = "to-daemon"

    def __init__(self, folder: Path, port: int, protocol: str, sample_seconds: float) -> None:
        self._folder, self._port = folder, port
        self._settings = {"STREAMRNN_MQTT__PROTOCOL": protocol}
        self._sample_seconds = sample_seconds
        with self._daemon() as daemon:
            _wait_for(daemon.is_subscribed)

    def work_off(self, count: int) -> Sequence[Sample]:
        samples: list[Sample] = []
        with self._daemon() as daemon:
            deadline = time.monotonic() + _PATIENCE_SECONDS
            while not samples or samples[-1][1] < count:
                if time.monotonic() > deadline:
                    raise RuntimeError(f"the daemon has applied {samples[-1][1]} of {count}")
                samples.append(daemon.progress())
                time.sleep(self._sample_seconds)
        return samples

    def _daemon(self) -> Daemon:
        return Daemon(
            self._folder,
            broker_port=self._port,
            topic_filter=f"{self.topic}/#",
            settings=self._settings,
        )


class BareSubscriber:
    topic = "to-bare"

    def __init__(self, port: int, protocol: str, sample_seconds: float) -> None:
        self._port, self._protocol, self._sample_seconds = port, protocol, sample_seconds
        self.work_off(0)

    def work_off(self, count: int) -> Sequence[Sample]:
        settings = (self._port, self._protocol, f"{self.topic}/#", count, self._sample_seconds)
        command = (sys.executable, "-m", "benchmarks.bare", *map(str, settings))
        done = subprocess.run(command, check=True, capture_output=True, timeout=_PATIENCE_SECONDS)
        samples: list[Sample] = json.loads(done.stdout)
        return samples


def _readings(topic: str, count: int) -> Iterator[tuple[str, str]]:
    """(topic, payload): streams in turn, each a slow wave."""
    for reading in range(count):
        turn, stream = divmod(reading, _STREAMS)
        value = 20.0 + 5.0 * math.sin(turn / 20.0 + stream)
        yield f"{topic}/{stream:03}", f"{value:.2f}"


def _wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError("the daemon does not reach the broker")
        time.sleep(0.05)
