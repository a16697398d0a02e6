"""The definitions of the kinds, as properties of what is broken."""

import numpy as np
import pytest

from streamrnn.evaluate.clean_streams import TEN_CHARACTERS, Stretch
from streamrnn.evaluate.fault_scale import scale_of
from streamrnn.evaluate.faults import KINDS, CannotBreakError

AT = 2_000
SENSORS = ("daily rhythm", "white noise", "batch machine", "coarse", "slow drift")


def broken(kind, name="daily rhythm", seed=0):
    """(healthy readings, the fault, scale, rows that differ)"""
    character = TEN_CHARACTERS[name]
    clean = character.readings(seed, 300.0, 6_000)
    scale = scale_of(clean.values[:AT], clean.times[:AT])
    random = np.random.default_rng(seed)
    fault = KINDS[kind](clean, AT, scale, character.cycle, random)
    changed = np.flatnonzero(fault.readings.values != clean.values) if kind != "stale" else None
    return clean, fault, scale, changed


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("stale", "unexpected")])
@pytest.mark.parametrize("name", SENSORS)
def test_nothing_but_the_fault_differs_from_the_healthy_readings(kind, name):
    clean, fault, _, changed = broken(kind, name)
    assert np.array_equal(fault.readings.times, clean.times)
    assert fault.begin == clean.times[AT]
    assert ((clean.times[changed] >= fault.begin) & (clean.times[changed] <= fault.end)).all()
    assert len(changed) > 0


@pytest.mark.parametrize("kind", ["spike", "level_shift", "drift"])
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("name", SENSORS)
def test_what_is_off_stays_within_an_extent_beyond_all_that_was_seen(kind, seed, name):
    _, fault, scale, changed = broken(kind, name, seed)
    values = fault.readings.values[changed]
    assert values.max() <= scale.high + scale.extent + scale.display
    assert values.min() >= scale.low - scale.extent - scale.display


@pytest.mark.parametrize("seed", range(5))
def test_a_spike_is_one_or_two_readings_far_off(seed):
    clean, fault, scale, changed = broken("spike", seed=seed)
    assert len(changed) in (1, 2)
    offsets = np.abs(fault.readings.values - clean.values)[changed]
    assert (offsets >= 0.2 * scale.extent - scale.display).all()


def test_a_level_shift_is_the_same_all_along():
    clean, fault, _, changed = broken("level_shift")
    offsets = (fault.readings.values - clean.values)[changed]
    assert np.ptp(offsets) < 1e-9
    assert 100 <= len(changed) <= 300


def test_a_drift_moves_one_way_only():
    clean, fault, scale, _ = broken("drift")
    rows = (clean.times >= fault.begin) & (clean.times <= fault.end)
    offsets = np.abs(fault.readings.values - clean.values)[rows]
    assert (np.diff(offsets) > -1e-9).all()
    assert offsets[-1] >= 0.5 * scale.extent - scale.display


def test_variance_comes_without_a_shift():
    clean, fault, scale, changed = broken("variance")
    offsets = (fault.readings.values - clean.values)[changed]
    assert offsets.std() > 3.0 * scale.noise
    assert abs(offsets.mean()) < 0.3 * offsets.std()


def test_a_flat_line_lasts_longer_than_the_stream_ever_stood_still():
    _, fault, scale, _ = broken("flatline", "coarse")
    rows = (fault.readings.times >= fault.begin) & (fault.readings.times <= fault.end)
    assert np.ptp(fault.readings.values[rows]) == 0.0
    assert rows.sum() >= 4 * scale.longest_hold - 1


def test_a_silence_takes_readings_away_and_changes_none():
    clean, fault, scale, _ = broken("stale")
    times = fault.readings.times
    assert not ((times > fault.begin) & (times < fault.end)).any()
    assert fault.end - fault.begin >= max(20.0 * scale.interval, 4.0 * scale.long_gap)
    kept = np.isin(clean.times, times)
    assert np.array_equal(clean.values[kept], fault.readings.values)


@pytest.mark.parametrize("seed", range(5))
def test_out_of_range_is_one_value_far_beyond_all_that_was_seen(seed):
    _, fault, scale, changed = broken("out_of_range", seed=seed)
    code = np.unique(fault.readings.values[changed])
    assert len(code) == 1
    assert max(code[0] - scale.high, scale.low - code[0]) >= 3.0 * scale.extent
    assert 3 <= len(changed) <= 60


def test_the_unexpected_has_usual_values_in_an_unusual_course():
    clean, fault, _, changed = broken("unexpected", "batch machine")
    assert np.isin(fault.readings.values[changed], clean.values).all()
    assert fault.readings.values[AT] == clean.values[AT]


def test_what_does_not_repeat_itself_cannot_break_that_way():
    with pytest.raises(CannotBreakError):
        broken("unexpected", "white noise")


def test_a_level_that_stays_for_days_is_no_repetition():
    """Each day as warm as the day before, and nothing else comes again."""
    character = TEN_CHARACTERS["daily rhythm"]
    days = np.cumsum(np.random.default_rng(0).normal(size=6_000))
    assert np.corrcoef(days[:-288], days[288:])[0, 1] > 0.8
    lake = Stretch(days, 300.0 * np.arange(6_000))
    scale = scale_of(lake.values[:AT], lake.times[:AT])
    with pytest.raises(CannotBreakError):
        KINDS["unexpected"](lake, AT, scale, character.cycle, np.random.default_rng(0))
    seen = Stretch(days + 10.0 * np.sin(np.arange(6_000) / 288 * 2 * np.pi), lake.times)
    scale = scale_of(seen.values[:AT], seen.times[:AT])
    assert KINDS["unexpected"](seen, AT, scale, character.cycle, np.random.default_rng(0))


def test_a_fault_that_does_not_fit_is_refused():
    short = Stretch(np.arange(50.0), np.arange(50.0))
    scale = scale_of(*short)
    for kind in KINDS:
        with pytest.raises(CannotBreakError):
            KINDS[kind](short, 49, scale, 0.0, np.random.default_rng(3))
