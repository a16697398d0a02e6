from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamrnn.detect import layout
from streamrnn.detect.hours import HOUR, count_hour, hour_burden
from streamrnn.detect.recipe import HOUR_HALF_LIFE
from streamrnn.kernels.jit import kernel
from tests.naive_evidence import Alarm

DAY = 86_400.0
MIDNIGHT = 1_699_920_000.0


@kernel
def count(d: Any, time: float) -> None:
    count_hour(d, time)


@kernel
def burden(d: Any, time: float) -> Any:
    return hour_burden(d, time)


def called(*times: float) -> np.ndarray:
    """The numbers of a device at which somebody was called at these times."""
    device = np.zeros(layout.NUMBERS)
    for time in times:
        count(device, time)
    return device


def nightly(days: int, at: float = 2.0 * HOUR) -> list[float]:
    return [MIDNIGHT + day * DAY + at for day in range(days)]


def test_the_first_alarm_of_an_hour_burdens_nothing() -> None:
    assert burden(called(*nightly(1)), MIDNIGHT + DAY + 2.0 * HOUR) == 0.0


def test_what_comes_every_night_becomes_a_burden_by_one_a_day_less_what_is_forgotten() -> None:
    kept = 0.5 ** (DAY / HOUR_HALF_LIFE)
    for days in range(1, 20):
        wanted = sum(kept**day for day in range(1, days + 1)) - 1.0
        found = burden(called(*nightly(days)), nightly(days + 1)[-1])
        assert found == pytest.approx(max(wanted, 0.0))


def test_other_hours_of_the_day_stay_free() -> None:
    device = called(*nightly(10))
    for hour in range(24):
        assert (burden(device, MIDNIGHT + 10 * DAY + hour * HOUR) > 0.0) == (hour == 2)


def test_the_hour_before_midnight_has_the_one_after_for_its_neighbour() -> None:
    device = called(*nightly(10, at=23.75 * HOUR))
    assert burden(device, MIDNIGHT + 10 * DAY) > burden(device, MIDNIGHT + 10 * DAY + 23.0 * HOUR)


def test_a_disturbance_that_calls_again_within_the_hour_counts_once() -> None:
    once = called(MIDNIGHT)
    again = called(MIDNIGHT, MIDNIGHT + 600.0, MIDNIGHT + HOUR - 1.0)
    assert once.tolist() == again.tolist()
    assert called(MIDNIGHT, MIDNIGHT + HOUR).tolist() != once.tolist()


def test_a_habit_that_has_ended_is_forgotten() -> None:
    device = called(*nightly(5))
    later = nightly(5)[-1] + round(HOUR_HALF_LIFE / DAY) * DAY
    now = burden(device, nightly(5)[-1])
    assert burden(device, later) + 1.0 == pytest.approx((now + 1.0) / 2.0)


TIMES = st.lists(st.floats(HOUR, 40 * DAY), min_size=1, max_size=30).map(sorted)


@given(TIMES, st.floats(0.0, 3 * DAY))
def test_the_burden_is_what_earlier_alarms_have_of_the_same_hours(
    times: list[float], later: float
) -> None:
    counted: list[float] = []
    for time in times:
        if not counted or time - counted[-1] >= HOUR:
            counted.append(time)
    now = times[-1] + later
    wanted = max(sum(Alarm.same_hour(then, now) for then in counted) - 1.0, 0.0)
    assert burden(called(*times), now) == pytest.approx(wanted, abs=1e-9)


@pytest.mark.parametrize("time", [-1e-9, -DAY, 0.0, 1e100, -1e100])
def test_times_that_no_clock_shows_have_an_hour_all_the_same(time: float) -> None:
    assert np.isfinite(called(time)).all()
    assert np.isfinite(burden(called(MIDNIGHT), time))
