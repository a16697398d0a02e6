from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamrnn.detect import layout
from streamrnn.detect.recipe import (
    CLOCK_STEP_READINGS,
    GAP_FACTOR,
    INTERVAL_READINGS,
    MAX_ELAPSED,
)
from streamrnn.detect.timing import (
    AFTER_GAP,
    IN_ORDER,
    SEEN_BEFORE,
    TOO_LATE,
    begin_anew_after_outage,
    experience,
    place_in_time,
)
from tests.naive_detector import Timing

SEEDS = st.integers(0, 2**32 - 1)


class Clock:
    """One stream's row, kept as `advance` keeps it."""

    def __init__(self) -> None:
        self.numbers = np.zeros(layout.NUMBERS)

    def feed(self, time: float, value: float = 1.0) -> tuple[int, float]:
        place, elapsed = place_in_time(self.numbers, value, time)
        if place in (IN_ORDER, AFTER_GAP):
            self.numbers[layout.READINGS] += 1.0
            self.numbers[layout.TIME], self.numbers[layout.VALUE] = time, value
        return place, elapsed

    @property
    def interval(self) -> float:
        return float(self.numbers[layout.INTERVAL])


def regular(n: int = 100, dt: float = 1.0) -> Clock:
    clock = Clock()
    for k in range(n):
        clock.feed(k * dt)
    return clock


@given(dt=st.integers(-7, 12).map(lambda e: 2.0**e), n=st.integers(2, 200))
def test_the_interval_of_a_regular_stream_is_exact(dt: float, n: int) -> None:
    assert regular(n, dt).interval == dt


@given(SEEDS, st.floats(0.01, 3600.0))
@settings(max_examples=25)
def test_jitter_leaves_the_interval_near_its_median(seed: int, dt: float) -> None:
    steps = dt * np.random.default_rng(seed).uniform(0.7, 1.3, 1500)
    clock = Clock()
    for time in np.cumsum(steps):
        clock.feed(time)
    assert clock.interval == pytest.approx(dt, rel=0.2)


@given(SEEDS)
@settings(max_examples=25)
def test_missing_readings_do_not_stretch_the_interval(seed: int) -> None:
    clock = Clock()
    for time in np.flatnonzero(np.random.default_rng(seed).random(1500) < 0.8):
        clock.feed(float(time))
    assert clock.interval == pytest.approx(1.0, rel=0.1)


def test_the_interval_follows_a_stream_that_slows_down() -> None:
    clock = regular(1000)
    for k in range(400):
        clock.feed(1000.0 + 10.0 * k)
    assert clock.interval == 10.0


@given(st.lists(st.floats(0.001, 100.0), min_size=1, max_size=80))
@settings(max_examples=50)
def test_the_interval_is_the_twins(steps: list[float]) -> None:
    clock, twin, last = Clock(), Timing(), 0.0
    clock.feed(0.0)
    for k, time in enumerate(np.cumsum(steps)):
        clock.feed(time)
        twin.learn(time - last, k + 1)
        last = time
    assert clock.interval == pytest.approx(twin.interval, rel=1e-9)
    found = clock.numbers[layout.LONG_INTERVAL]
    assert found == pytest.approx(twin.long_interval, rel=1e-9)


def test_the_first_reading_follows_on_nothing() -> None:
    assert Clock().feed(5.0)[0] == AFTER_GAP


def test_a_long_pause_is_a_gap_once_the_interval_is_known() -> None:
    pause = 1.01 * GAP_FACTOR
    assert regular(100).feed(99.0 + pause)[0] == AFTER_GAP
    assert regular(100).feed(99.0 + 0.9 * GAP_FACTOR)[0] == IN_ORDER
    few = int(INTERVAL_READINGS)
    assert regular(few).feed(few - 1 + pause)[0] == IN_ORDER


def test_pauses_that_are_usual_are_no_gaps() -> None:
    """A motion sensor: bursts, and long silences in between."""
    clock, time, places = Clock(), 0.0, []
    for k in range(5000):
        time += 100.0 if k % 10 == 0 else 1.0
        places.append(clock.feed(time)[0])
    assert AFTER_GAP not in places[-1000:]


def test_a_pause_ages_the_stream_by_a_few_readings_at_most() -> None:
    place, elapsed = regular().feed(101.0)
    assert place == IN_ORDER
    assert elapsed == pytest.approx(2.0, rel=0.02)
    assert regular().feed(1e9) == (AFTER_GAP, MAX_ELAPSED)


def test_an_older_stamp_is_late_and_leaves_the_stream_as_it_was() -> None:
    clock = regular()
    assert clock.feed(50.0)[0] == TOO_LATE
    assert clock.feed(100.0) == (IN_ORDER, 1.0)
    assert clock.interval == 1.0


def test_the_same_stamp_and_value_again_is_a_duplicate_but_another_value_counts() -> None:
    clock = regular()
    assert clock.feed(99.0, 1.0)[0] == SEEN_BEFORE
    assert clock.feed(99.0, 2.0) == (IN_ORDER, 0.0)
    assert clock.interval == 1.0


@given(back=st.floats(1.0, 1e6), dt=st.floats(0.01, 3600.0))
@settings(max_examples=50)
def test_a_clock_set_back_is_taken_up_after_a_few_readings(back: float, dt: float) -> None:
    clock, n = regular(), int(CLOCK_STEP_READINGS)
    first = 99.0 - back - n * dt  # does not catch up with the old time meanwhile
    places = [clock.feed(first + k * dt)[0] for k in range(n + 1)]
    assert places[: n - 1] == [TOO_LATE] * (n - 1)
    assert places[n - 1] == AFTER_GAP
    assert places[n] in (IN_ORDER, AFTER_GAP)


@given(st.lists(st.floats(0.0, 98.0), min_size=20, max_size=60))
def test_stragglers_between_readings_in_order_never_set_the_clock_back(
    stragglers: list[float],
) -> None:
    clock = regular()
    for k, late in enumerate(stragglers):
        assert clock.feed(late)[0] == TOO_LATE
        assert clock.feed(100.0 + k)[0] == IN_ORDER


@given(st.lists(st.floats(0.0, 98.0), min_size=5, max_size=60))
def test_a_backlog_sent_newest_first_never_sets_the_clock_back(backlog: list[float]) -> None:
    clock = regular()
    assert {clock.feed(time)[0] for time in sorted(backlog, reverse=True)} == {TOO_LATE}


def test_a_clock_set_back_is_found_even_where_stamps_are_coarse() -> None:
    """Two readings a second, stamped in whole seconds."""
    clock = Clock()
    for k in range(200):
        clock.feed(1000.0 + k // 2, float(k))
    places = [clock.feed(500.0 + k // 2, float(k))[0] for k in range(200)]
    refused = places.count(TOO_LATE)
    assert refused == 2 * (CLOCK_STEP_READINGS - 1)
    assert TOO_LATE not in places[refused:]


@pytest.mark.parametrize(("outage", "left"), [(99.0, 100), (99.1, 0), (1e6, 0)])
def test_after_an_outage_longer_than_all_before_a_stream_has_no_experience(
    outage: float, left: int
) -> None:
    clock = regular(100)  # 99 s
    begin_anew_after_outage(clock.numbers, 0.0, 99.0 + outage)
    assert experience(clock.numbers) == left


def test_a_clock_set_back_to_before_the_beginning_makes_no_short_outage_long() -> None:
    clock = regular(100)
    clock.numbers[layout.TIME] = -1e6
    begin_anew_after_outage(clock.numbers, 0.0, -1e6 + 60.0)
    assert experience(clock.numbers) == 100
