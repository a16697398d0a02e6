from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from streamrnn.detect.attendance import (
    LEAST_IDLE_SECONDS,
    LONGEST_STEP,
    SECONDS,
    Attendance,
    Idleness,
    follow,
)

SLOTS = 5
heard_readings = st.lists(
    st.tuples(st.integers(0, SLOTS - 1), st.floats(0.0, 1e5)), min_size=1, max_size=40
)


def attended(readings: list[tuple[int, float]]) -> Attendance:
    attendance = Attendance(SLOTS)
    slots, times = zip(*readings, strict=True)
    attendance.note(np.array(slots), np.array(times))
    return attendance


def silent_by_hand(readings: list[tuple[int, float]]) -> list[float]:
    """Seconds since each slot was heard, as the readings of all tell that time passes."""
    latest, passed, heard = 0.0, 0.0, [0.0] * SLOTS
    for slot, time in readings:
        passed += min(max(time - latest, 0.0), LONGEST_STEP)
        latest = max(latest, time)
        heard[slot] = passed
    return [passed - at for at in heard]


def idleness(attendance: Attendance, patience: float = 0.0) -> Idleness:
    return attendance.idleness(np.full(SLOTS, patience))


@given(heard_readings)
def test_the_silence_of_a_stream_is_the_time_that_others_tell_of(
    readings: list[tuple[int, float]],
) -> None:
    found = idleness(attended(readings))
    np.testing.assert_allclose(found.silent, silent_by_hand(readings), atol=1e-6)
    assert found.latest == max(time for _, time in readings)


@given(heard_readings)
def test_the_clock_runs_the_same_without_the_compiler(readings: list[tuple[int, float]]) -> None:
    compiled, plain = attended(readings), Attendance(SLOTS)
    slots, times = zip(*readings, strict=True)
    follow.py_func(plain.heard, plain.clock, np.array(slots), np.array(times))
    assert plain.heard.tobytes() == compiled.heard.tobytes()
    assert plain.clock.tobytes() == compiled.clock.tobytes()


@given(heard_readings, st.integers(0, 40))
def test_batches_of_any_size_make_no_difference(
    readings: list[tuple[int, float]], cut: int
) -> None:
    whole, parts = attended(readings), Attendance(SLOTS)
    for part in (readings[:cut], readings[cut:]):
        slots, times = [slot for slot, _ in part], [time for _, time in part]
        parts.note(np.array(slots, np.int64), np.array(times))
    assert parts.heard.tobytes() == whole.heard.tobytes()


def test_while_nobody_speaks_the_clock_stands() -> None:
    outage = [(0, 1000.0), (1, 1000.0), (0, 1e6)]
    assert idleness(attended(outage)).silent[1] == LONGEST_STEP


def test_a_sensor_whose_clock_is_behind_is_heard_when_it_speaks() -> None:
    readings = [(0, 1e5 + 10.0 * k) for k in range(100)] + [(1, 20.0)]
    assert idleness(attended(readings)).silent[1] == 0.0


def test_the_longest_silent_go_first_and_none_that_is_not_overdue() -> None:
    spoken = [(slot, 100.0 * slot) for slot in range(SLOTS)]
    later = [(0, 500.0 * k) for k in range(1, 20)]
    found = idleness(attended(spoken + later))
    assert found.silent[1] > LEAST_IDLE_SECONDS
    assert found.longest(2) == [1, 2]
    assert found.longest(SLOTS) == [1, 2, 3, 4]
    assert idleness(attended(spoken + later), patience=1e6).longest(SLOTS) == []


@given(heard_readings, st.floats(1.0, 1e4))
def test_before_the_time_that_is_told_nobody_more_becomes_overdue(
    readings: list[tuple[int, float]], patience: float
) -> None:
    attendance = attended(readings)
    before = idleness(attendance, patience)
    overdue = set(before.longest(SLOTS))
    time = before.latest
    while time + LONGEST_STEP / 2 < before.none_before():
        time += LONGEST_STEP / 2
        attendance.note(np.array([0]), np.array([time]))
        assert set(idleness(attendance, patience).longest(SLOTS)) <= overdue


def test_who_arrives_counts_as_heard_and_room_for_more_changes_nothing() -> None:
    attendance = attended([(0, 300.0 * k) for k in range(50)])
    attendance.arrive(3)
    heard = attendance.heard.copy()
    attendance.fit(2 * SLOTS)
    assert attendance.heard[:SLOTS].tolist() == heard.tolist()
    assert len(attendance.heard) == 2 * SLOTS
    attendance.fit(1)
    assert len(attendance.heard) == 2 * SLOTS
    assert attendance.heard[3] == attendance.clock[SECONDS]


def test_time_passes_as_those_say_for_whom_there_is_no_room() -> None:
    """Else all streams could be renamed, and none of the old ones would ever give way."""
    attendance = attended([(slot, 1e9) for slot in range(SLOTS)])
    attendance.pass_time(1e9 + LONGEST_STEP * np.arange(1, 15))
    assert idleness(attendance).longest(SLOTS) == list(range(SLOTS))
