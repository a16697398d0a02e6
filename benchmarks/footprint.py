"""What the daemon weighs, and how long it takes to begin."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.broker import find_mosquitto, mosquitto
from benchmarks.child import Daemon
from benchmarks.figure import Figure
from benchmarks.flood import flood
from streamrnn.demo.broker import free_port

_TOPIC = "fleet"
_READINGS_EACH = 5
_PATIENCE_SECONDS = 120.0


def measure(streams: Sequence[int] = (1, 1_000, 10_000), rounds: int = 2) -> Iterator[Figure]:
    """rounds: of starting the daemon."""
    yield from _start(rounds)
    executable = find_mosquitto()
    if executable is None:
        note = "mosquitto is not installed"
        yield Figure(group="footprint", name="memory", value=None, unit="MiB", note=note)
        return
    with tempfile.TemporaryDirectory() as folder, mosquitto(executable, Path(folder)) as port:
        for count in streams:
            yield Figure(
                group="footprint",
                name=f"resident memory, {count:,} stream{'s' * (count > 1)}",
                value=_resident_bytes(Path(folder), port, count) / 2**20,
                unit="MiB",
                note="the whole process",
            )


def _start(rounds: int) -> Iterator[Figure]:
    """Without a broker: READY does not wait for one."""
    cold: list[float] = []
    warm: list[float] = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            cache = {"STREAMRNN_CACHE_DIR": f"{folder}/cache"}
            for seconds in (cold, warm):
                with Daemon(
                    Path(folder), broker_port=free_port(), topic_filter="#", settings=cache
                ) as daemon:
                    seconds.append(daemon.ready_seconds)
    for name, seconds in (("with a warm", warm), ("with an empty", cold)):
        yield Figure(
            group="footprint",
            name=f"start to READY {name} kernel cache",
            value=statistics.median(seconds),
            unit="s",
        )


def _resident_bytes(folder: Path, port: int, streams: int) -> int:
    """Of a daemon that has just met so many streams."""
    home = folder / str(streams)
    home.mkdir()
    settings = {"STREAMRNN_GATEWAY__NAME": f"bench-{streams}"}  # a session of its own
    count = streams * _READINGS_EACH
    deadline = time.monotonic() + _PATIENCE_SECONDS
    with Daemon(home, broker_port=port, topic_filter=f"{_TOPIC}/#", settings=settings) as daemon:
        while not daemon.is_subscribed():
            time.sleep(0.05)
        readings = ((f"{_TOPIC}/{k % streams}", f"{k // streams}") for k in range(count))
        flood(port, readings, qos=1)
        while daemon.progress()[1] < count:
            if time.monotonic() > deadline:
                raise RuntimeError(f"the daemon did not take {count} readings")
            time.sleep(0.1)
        return daemon.resident_bytes()
