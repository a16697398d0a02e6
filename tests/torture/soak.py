"""Days of 200 streams in minutes, thousands of times as fast as they come: memory, threads and open
files stay as they are."""

from __future__ import annotations

import json
import math
import sqlite3
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from streamrnn.service.sinks.history import DESTINATION, FILE_NAME
from tests.torture.figures import Figures
from tests.torture.plant import broker_and_victim
from tests.torture.rounds import Reading
from tests.torture.sender import Sender
from tests.torture.victim import Victim

_DEVICES = 10
_FIELDS = 20  # of each device: 200 streams
_PERIOD_SECONDS = 60.0
_DAY = 86_400.0
TIMES_AS_FAST = 4800
"""As readings come from a plant. At 1000 times, three minutes are two days, and the steps of 2 to
4 MB by which the C library takes and returns memory cannot be told from a leak of 1 MB a day."""

# So that old days stay until the file is full, as they do where they are recent.
_HISTORY = """
[history]
keep = "3650d"
"""
_SPARE_SECONDS = 30.0
_SETTLED_AFTER = 0.4  # of the time: histories are full, all have been retrained
_MOST_MB_PER_DAY = 1.0
# To begin with: to catch up takes the most memory, and where the machine has other work too, the
# daemon falls behind and catches up at some time in any case.
_WAITING_AT_FIRST = 5_000
_MOST_MOMENTS = 1_000


def round_of(t: int, first: float) -> Iterator[Reading]:
    """One message of each device, a minute after the last; now and then a fault. first: Unix
    seconds."""
    noise = np.random.default_rng(t).normal(0.0, 0.1, (_DEVICES, _FIELDS))
    for device in range(_DEVICES):
        fault = 5.0 if (t + 131 * device) % 1009 < 3 else 0.0
        values = {
            f"v{n}": round(math.sin(t / 100 + n) + noise[device, n] + fault, 5)
            for n in range(_FIELDS)
        }
        payload = json.dumps({"time": first + t * _PERIOD_SECONDS, **values}).encode()
        yield Reading(f"plant/{device}", payload)


def _slope(days: NDArray[np.float64], rss: NDArray[np.float64]) -> float:
    """The median over all pairs of moments: a leak shows in most of them, one step of the C library
    in few."""
    some = np.linspace(0, len(days) - 1, min(len(days), _MOST_MOMENTS)).astype(np.int64)
    days, rss = days[some], rss[some]
    earlier, later = np.triu_indices(len(days), 1)
    apart = days[later] > days[earlier]
    slopes = (rss[later] - rss[earlier])[apart] / (days[later] - days[earlier])[apart]
    return float(np.median(slopes))


def _given_up(daemon: Victim) -> int:
    """Readings that the history never wrote: on a machine with other work, days come faster than it
    writes."""
    dropped = daemon.samples("streamrnn_sink_dropped_total")
    return sum(int(sample.value) for sample in dropped if sample.labels["sink"] == DESTINATION)


def run(folder: Path, seconds: int, times_as_fast: int = TIMES_AS_FAST) -> Figures:
    per_second = times_as_fast * _DEVICES / _PERIOD_SECONDS  # messages
    days: list[float] = []
    rss: list[float] = []
    threads: set[int] = set()
    files: set[int] = set()
    with broker_and_victim(folder, durability="auto", every="5s", more=_HISTORY) as (
        broker,
        daemon,
    ):
        daemon.start()
        daemon.wait_ready()
        assert daemon.stop() == 0
        # So that the last comes about now, and none is of the future.
        first = time.time() - (seconds + _SPARE_SECONDS) * times_as_fast
        sender = Sender(broker, partial(round_of, first=first), per_second)
        begun = time.monotonic()
        until = begun + seconds
        while sender.sent < _WAITING_AT_FIRST:
            time.sleep(0.1)
        daemon.start()
        daemon.wait_ready()
        while time.monotonic() < until:
            time.sleep(0.5)
            daemon.get("/metrics")
            if time.monotonic() > until - (1.0 - _SETTLED_AFTER) * seconds:
                days.append(sender.rounds * _PERIOD_SECONDS / _DAY)
                rss.append(daemon.rss_mb())
                threads.add(daemon.threads())
                files.add(daemon.open_files())
        sent = sender.finish()
        lasted = time.monotonic() - begun
        readings = sent * _DEVICES * _FIELDS
        daemon.wait_until(
            lambda: daemon.total("streamrnn_readings_total") == readings, "all applied"
        )
        given_up = _given_up(daemon)
        assert daemon.stop() == 0
    with sqlite3.connect(folder / "victim" / "state" / FILE_NAME) as history:
        kept, oldest = history.execute("SELECT sum(readings), min(minute) FROM minute").fetchone()
    slope = _slope(np.array(days), np.array(rss))
    figures = Figures("soak")
    figures["simulated days"] = sent * _PERIOD_SECONDS / _DAY
    figures["times as fast"] = int(sent * _PERIOD_SECONDS / lasted)
    figures["readings"] = readings
    figures["of them in the history"] = kept
    figures["given up by it"] = given_up
    figures["RSS, MB"] = rss[-1]
    figures["slope, MB per simulated day"] = slope
    figures["threads"] = f"{min(threads)} to {max(threads)}"
    figures["open files"] = f"{min(files)} to {max(files)}"
    had_room = oldest == first // 60  # else the oldest had to go, as is asked for
    assert kept + given_up == readings or not had_room, figures
    assert slope < _MOST_MB_PER_DAY, figures
    # the one that writes a checkpoint comes and goes
    assert max(threads) - min(threads) <= 2, figures
    assert max(files) - min(files) <= 4, figures
    return figures
