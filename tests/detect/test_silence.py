"""The patience with each stream, learned from its pauses."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from streamrnn.detect.silence import (
    LEAST_READINGS,
    LEAST_SECONDS,
    PAUSE_GROWTH,
    PAUSE_HALF_LIFE,
    Rhythm,
    Silence,
    note_pauses,
)

F64 = NDArray[np.float64]
DAY = 86_400.0


def rhythm_of(times: F64) -> Rhythm:
    """What the detector learns of one stream, by and by."""
    gaps = np.diff(times)
    facts = len(times), 0.0, times[-1], np.median(gaps), np.quantile(gaps, 0.95), times[0]
    return Rhythm._make(np.array([float(fact)]) for fact in facts)


def after(times: F64) -> tuple[Silence, Rhythm]:
    """One stream's readings, heard when they were made."""
    silence = Silence()
    silence.fit(1)
    silence.hear(np.zeros(len(times), np.int64), times)
    return silence, rhythm_of(times)


def patience(times: F64) -> float:
    silence, rhythm = after(times)
    return float(silence.patience(rhythm)[0])


def test_a_regular_stream_is_missed_after_a_few_intervals() -> None:
    assert patience(np.arange(200) * 30.0) == pytest.approx(8 * 30.0)


def test_nobody_is_missed_within_a_minute() -> None:
    assert patience(np.arange(200) * 0.01) == LEAST_SECONDS


def test_nobody_is_missed_before_the_rhythm_is_known() -> None:
    assert patience(np.arange(LEAST_READINGS - 1) * 30.0) == np.inf


def test_lost_packets_make_patient() -> None:
    random = np.random.default_rng(1)
    kept = np.flatnonzero(random.random(2000) > 0.3) * 30.0
    longest = np.diff(kept).max()
    assert patience(kept) >= 2.0 * longest * 0.9


@pytest.mark.parametrize("seed", range(5))
def test_a_sensor_that_speaks_on_change_by_day_only_is_not_missed_at_night(seed: int) -> None:
    random = np.random.default_rng(seed)
    times = np.cumsum(random.exponential(240.0, 5000))
    times = times[np.abs((times % DAY) / DAY - 0.5) < 0.2]
    edge = np.searchsorted(times, 4 * DAY)
    silence, rhythm = after(times[:edge])
    rest = np.diff(times[edge:])
    assert rest.max() > DAY / 2, "nights are long"
    assert (rest < silence.patience(rhythm)[0]).all()


def test_a_sensor_that_speaks_on_change_is_not_missed_before_a_night_has_passed() -> None:
    """How long nothing changes there is not known yet."""
    times = np.cumsum(np.random.default_rng(0).exponential(60.0, 4000))
    assert patience(times[times < 1.2 * DAY]) == np.inf
    assert patience(times[times < 1.3 * DAY]) < DAY


def test_one_outage_does_not_teach_that_outages_are_usual() -> None:
    times = np.arange(400) * 60.0
    times[200:] += 3 * DAY
    assert patience(times) < 2 * PAUSE_GROWTH * 60.0 + 1.0


def test_a_device_that_sends_what_it_has_gathered_once_an_hour_is_not_missed_in_between() -> None:
    """Sixty readings a minute apart, stamped by the sensor, that arrive together."""
    stamps = np.arange(600) * 60.0
    arrivals = np.repeat(np.arange(1, 11) * 3600.0, 60)
    silence = Silence()
    silence.fit(1)
    silence.hear(np.zeros(len(stamps), np.int64), arrivals)
    assert silence.patience(rhythm_of(stamps))[0] > 1.9 * 3600.0


def test_a_long_pause_is_forgotten_by_half_in_a_half_life() -> None:
    heard_at, pause = np.array([0.0]), np.array([1000.0])
    steps = np.arange(1.0, PAUSE_HALF_LIFE + 1.0, 60.0)
    note_pauses(heard_at, pause, np.zeros(len(steps), np.int64), steps)
    assert pause[0] == pytest.approx(500.0, rel=1e-3)


@given(
    st.lists(st.tuples(st.integers(0, 3), st.floats(0.0, 1e6)), min_size=1, max_size=40),
    st.integers(0, 40),
)
def test_batches_of_any_size_teach_the_same(readings: list[tuple[int, float]], cut: int) -> None:
    slots = np.array([slot for slot, _ in readings], np.int64)
    times = np.cumsum([gap for _, gap in readings])
    found = []
    for edges in ((0, len(slots)), (0, min(cut, len(slots)), len(slots))):
        silence = Silence()
        silence.fit(4)
        for first, end in itertools.pairwise(edges):
            silence.hear(slots[first:end], times[first:end])
        found.append(
            (silence.pauses("abcd"), silence.lasts(np.ones(4), times[-1], -np.inf).tolist())
        )
    assert found[0] == found[1]


def test_what_was_learned_outlives_a_restart() -> None:
    silence, rhythm = after(np.arange(100) * 5000.0)
    heir = Silence()
    heir.fit(1)
    heir.restore({0: silence.pauses(["s"])["s"]})
    assert heir.patience(rhythm)[0] == silence.patience(rhythm)[0]


def test_a_free_slot_is_not_silent_and_the_next_stream_there_had_no_pause() -> None:
    silence = Silence()
    silence.fit(2)
    silence.hear(np.array([0, 1]), np.array([0.0, 0.0]))
    silence.hear(np.array([0, 1]), np.array([500.0, 500.0]))
    silence.forget(0)
    lasts = silence.lasts(np.array([0.0, 2.0]), 9000.0, -np.inf)
    assert np.isnan(lasts[0])
    assert lasts[1] == 8500.0
    silence.hear(np.array([0]), np.array([9500.0]))
    assert silence.pauses(["new", "old"]) == {"old": 500.0}
