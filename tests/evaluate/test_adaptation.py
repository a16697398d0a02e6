import math

import numpy as np
import pytest

from streamrnn.evaluate.adaptation import (
    CURVES,
    Ramp,
    Recovery,
    Shift,
    ramp,
    recovery,
    reported,
    shift,
)
from streamrnn.evaluate.adaptation_tables import (
    ramp_table,
    recovery_table,
    shift_table,
    to_json,
)
from streamrnn.records import Event, EventType


@pytest.mark.parametrize("name", CURVES)
def test_one_sigma_is_one(name):
    values = CURVES[name](0, np.arange(0.0, 20 * 86_400.0, 60.0))
    assert values.std() == pytest.approx(1.0, rel=0.05)


def test_a_shift_of_ten_sigma_is_noticed_and_its_alarms_are_counted():
    found = shift(("white noise", 0))
    assert found.anomalies >= 1
    assert found.seconds > 0.0
    assert found == shift(("white noise", 0))


def event(step, time, identity):
    return Event(
        id=identity, type=step, gateway="", stream="", kind="drift", time=time, since=time,
        value=0.0, score=2.0, yhat=None, yhat_lower=None, yhat_upper=None, message="",
    )  # fmt: skip


def test_a_shift_is_reported_until_its_last_anomaly_is_over():
    before = event(EventType.NEW, 5.0, "a"), event(EventType.END, 90.0, "a")
    first = event(EventType.NEW, 11.0, "b"), event(EventType.END, 40.0, "b")
    assert reported([*before, *first], 10.0) == (30.0, 1)
    assert reported([*before, *first, event(EventType.NEW, 50.0, "c")], 10.0) == (math.inf, 2)
    seconds, anomalies = reported(before, 10.0)
    assert math.isnan(seconds)
    assert anomalies == 0


def test_a_fault_that_ends_is_noticed():
    assert recovery(("white noise", 0)).is_detected


def test_a_ramp_is_measured_in_sigmas():
    found = ramp(("white noise", 0))
    assert 0.0 < found.anomaly < 60.0


def test_tables_say_never_and_how_often():
    ramps = [Ramp("white noise", 1.0, math.nan), Ramp("white noise", 3.0, 12.0)]
    row = ramp_table(ramps).rows[0]
    assert row == ("white noise", "2", "1/2", "12.0", "12.0", "2/2", "2.0", "3.0")
    shifts = [Shift("white noise", 7_200.0, 1), Shift("white noise", math.inf, 3)]
    missed = Shift("white noise", math.nan, 0)
    assert shift_table([*shifts, missed]).rows[0] == (
        *("white noise", "2/3", "1/2", "2.0", "2.0", "2.0"),
    )
    recoveries = [Recovery("white noise", True, True), Recovery("white noise", False, True)]
    assert recovery_table(recoveries).rows[0] == ("white noise", "1/2", "1/1")
    content = to_json(ramps, [*shifts, missed], recoveries)
    assert content["ramps"][0]["drift"] is None
    assert [one["seconds"] for one in content["shifts"]] == [7_200.0, None, None]
