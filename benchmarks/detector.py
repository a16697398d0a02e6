"""The detector alone: micro-batches through a bank after warm-up, learning included."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from benchmarks.compiled import D, make_step
from benchmarks.figure import Figure, Goal
from benchmarks.stopwatch import Measurement, compare, timed
from streamrnn.config import DetectorConfig
from streamrnn.detect import Bank
from streamrnn.detect.layout import parameter_count

BATCH = 1000  # readings per call, as the daemon's loop takes them
WARM_READINGS = 300  # per stream: past the warm-up, history full, every ring gone round
_BARE_H = 16  # of the step that a whole reading is compared with
_STREAMS_OF_STEP = 64  # streams of the bare Elman step: they fit into the cache
STAGGER = 24  # twice the readings of a block, and a multiple of the strides of learning
_FIRST_TIME = 1.7e9
_GOALS = {1_000: Goal(1e6 / 0.8, at_least=True)}  # by streams: 0.8 us per reading

I64 = NDArray[np.int64]


def measure(
    streams: Sequence[int] = (1, 1_000, 10_000), rounds: int = 61, warm: int = WARM_READINGS
) -> Iterator[Figure]:
    for count in streams:
        bank = Bank(DetectorConfig.model_validate({"retrain_every": "never"}))
        feed = _feeder(bank, count)
        for _ in range(-(-warm * count // BATCH)):
            feed()
        step, steps = _bare_step(_BARE_H)
        found = compare(feed, timed(step), rounds)
        readings_per_second = BATCH / found.ours
        each = found.ours / BATCH
        yield Figure(
            group="detector",
            name=f"{count:,} stream{'s' * (count > 1)}",
            value=readings_per_second,
            unit="readings/s/core",
            goal=_GOALS.get(count),
            note=f"{each * 1e6:.2f} us per reading",
        )
        yield Figure(
            group="detector",
            name=f"{count:,} stream{'s' * (count > 1)}: reading / bare Elman step",
            value=found.ratio * steps / BATCH,
            unit="x",
            note=f"step of H={_BARE_H}: {found.other / steps * 1e9:.0f} ns",
        )
    arrays = bank.to_arrays()
    row_bytes = sum(arrays[name].nbytes for name in ("numbers", "rows"))
    yield Figure(
        group="detector",
        name="state",
        value=row_bytes / len(bank.names),
        unit="bytes/stream",
        goal=Goal(12 * 1024),
        note="rows of the bank; a checkpoint holds the same",
    )


def _feeder(bank: Bank, count: int) -> Measurement:
    """Hands the bank the next BATCH readings: every stream in turn, one reading a second each, a
    slow wave with noise. Making them up is not timed.

    A stream learns at every few readings. So that batches are alike, streams begin up to STAGGER
    readings ahead of each other, as in a fleet that was not switched on at once.
    """
    slots = np.array([bank.slot(f"stream-{k}") for k in range(count)])
    noise = np.random.default_rng(0).normal(size=100_003)
    ahead = np.arange(count) % STAGGER
    first = itertools.count(step=BATCH)
    rows = np.arange(BATCH)

    def step(which: I64, second: I64) -> float:
        values = 20.0 + np.sin(second / 600.0) + 0.2 * noise[(second * count + which) % len(noise)]
        batch = slots[which], values, _FIRST_TIME + second
        return timed(lambda: bank.step(*batch))()

    for second in range(STAGGER):
        which = np.flatnonzero(second < ahead)
        step(which, np.full(len(which), second))

    def feed() -> float:
        turn, which = np.divmod(next(first) + rows, count)
        return step(which, turn + ahead[which])

    return feed


def _bare_step(H: int) -> tuple[Callable[[], object], int]:
    """A function that does some hundred microseconds of bare steps, and how many."""
    step, n, rounds = make_step(H), _STREAMS_OF_STEP, 100
    random = np.random.default_rng(0)
    p = random.normal(0.0, 0.1, n * parameter_count(H)).astype(np.float32)
    x = random.normal(size=n * D).astype(np.float32)
    s, o = np.zeros(n * H, np.float32), np.zeros(n, np.float32)
    return (lambda: step(p, x, s, o, rounds)), n * rounds
