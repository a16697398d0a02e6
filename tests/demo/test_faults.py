from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamrnn.demo.faults import CATALOGUE, CLEAN_START, Fault, FaultKind, FaultSchedule
from streamrnn.demo.plant import Plant

HOUR = 3600.0
STREAM = "plant/hall/climate/temperature"
AT = np.arange(0.0, 24.0 * HOUR, 60.0)


def faulty(kind, size, *, start=6.0 * HOUR, duration=2.0 * HOUR, stream=STREAM):
    """Clean and faulty readings of a day, and which of them lie inside the fault."""
    fault = Fault(stream, kind, start, duration, size, "test")
    sensor = Plant(1).streams[stream]
    return sensor.values(AT), FaultSchedule((fault,)).values(sensor, AT), fault.covers(AT)


@settings(max_examples=50, deadline=None)
@given(
    st.sampled_from(FaultKind),
    st.floats(-50.0, 50.0),
    st.floats(0.0, 20.0 * HOUR),
    st.floats(60.0, 10.0 * HOUR),
)
def test_a_fault_leaves_every_reading_outside_of_it_untouched(kind, size, start, duration):
    clean, broken, inside = faulty(kind, size, start=start, duration=duration)
    np.testing.assert_array_equal(clean[~inside], broken[~inside])


def test_a_level_shift_moves_every_reading_inside_by_its_size():
    clean, broken, inside = faulty(FaultKind.LEVEL_SHIFT, 5.0)
    np.testing.assert_allclose(broken[inside], clean[inside] + 5.0, atol=1e-9)


def test_a_drift_begins_at_nothing_and_ends_at_its_size():
    clean, broken, inside = faulty(FaultKind.DRIFT, 8.0)
    moved = (broken - clean)[inside]
    assert moved[0] == 0.0
    assert moved[-1] == pytest.approx(8.0, abs=0.2)
    assert np.all(np.diff(moved) > -0.11)


def test_a_noise_burst_widens_the_readings_without_moving_them():
    clean, broken, inside = faulty(FaultKind.NOISE_BURST, 4.0)
    added = (broken - clean)[inside]
    assert added.std() == pytest.approx(4.0, rel=0.25)
    assert abs(added.mean()) < 1.5


def test_a_stuck_sensor_repeats_the_value_it_had_at_the_start():
    clean, broken, inside = faulty(FaultKind.STUCK, 0.0)
    assert set(broken[inside]) == {clean[inside][0]}


@pytest.mark.parametrize(
    "kind", [FaultKind.STOPPED, FaultKind.LEFT_ON, FaultKind.OUT_OF_RANGE], ids=str
)
def test_a_held_sensor_shows_the_given_value(kind):
    _, broken, inside = faulty(kind, -127.0)
    assert set(broken[inside]) == {-127.0}


def test_two_faults_of_one_stream_are_both_applied():
    sensor = Plant(1).streams[STREAM]
    early = Fault(STREAM, FaultKind.LEVEL_SHIFT, 1.0 * HOUR, HOUR, 5.0, "early")
    late = Fault(STREAM, FaultKind.OUT_OF_RANGE, 5.0 * HOUR, HOUR, -127.0, "late")
    broken = FaultSchedule((late, early)).values(sensor, AT)
    np.testing.assert_allclose(broken[early.covers(AT)], sensor.values(AT)[early.covers(AT)] + 5.0)
    assert set(broken[late.covers(AT)]) == {-127.0}


def test_the_catalogue_breaks_known_streams_once_each_in_every_way():
    streams = [fault.stream for fault in CATALOGUE]
    assert len(set(streams)) == len(streams)
    assert set(streams) <= set(Plant(1).streams)
    assert {fault.kind for fault in CATALOGUE} == set(FaultKind)


def test_a_spike_of_the_catalogue_hits_exactly_one_reading():
    for fault in CATALOGUE:
        if fault.kind is FaultKind.SPIKE:
            assert fault.duration == Plant(1).device_of(fault.stream).interval


@given(st.integers(0, 1000), st.floats(10.0 * HOUR, 500.0 * HOUR))
def test_a_plan_is_the_same_for_a_seed_starts_clean_and_never_overlaps(seed, duration):
    faults = FaultSchedule.plan(duration, seed).faults
    assert faults == FaultSchedule.plan(duration, seed).faults
    assert all(fault.start >= CLEAN_START * duration and fault.end < duration for fault in faults)
    for earlier, later in pairwise(faults):
        assert earlier.end < later.start
        assert earlier.stream != later.stream


def test_the_demo_of_three_minutes_shows_every_fault_of_the_catalogue_once():
    faults = FaultSchedule.plan(60.0 * HOUR, seed=1).faults
    assert sorted(fault.story for fault in faults) == sorted(fault.story for fault in CATALOGUE)
