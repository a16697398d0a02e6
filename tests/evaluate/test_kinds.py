import numpy as np
import pytest

from streamrnn.evaluate.clean_streams import Stretch
from streamrnn.evaluate.fault_scale import scale_of
from streamrnn.evaluate.faults import KINDS, Broken
from streamrnn.evaluate.kind_tables import confusion_table, quiet_table, recall_table, to_json
from streamrnn.evaluate.kinds import (
    ALREADY_OPEN,
    MISSED,
    Quiet,
    Told,
    Trial,
    pauses,
    quiet,
    tell,
    told_of,
    trials,
)
from streamrnn.evaluate.watch import Watched, watch
from streamrnn.records import Event, EventType
from tests.evaluate.labelled_sets import write_unlabelled

INTERVAL = 10.0
CLEAN = Stretch(np.random.default_rng(0).normal(size=400), np.arange(400) * INTERVAL)
SCALE = scale_of(*CLEAN)
BEGIN, END = 2_000.0, 3_000.0
DECISIONS = watch(*CLEAN).decisions


def event(step, time, kind="spike", identity="a"):
    return Event(
        id=identity, type=step, gateway="", stream="", kind=kind, time=time, since=time, value=0.0,
        score=2.0, yhat=None, yhat_lower=None, yhat_upper=None, message="",
    )  # fmt: skip


def said(*events):
    trial = Trial("drift", 0, False)
    return told_of(
        trial, "pump", Watched(DECISIONS, list(events)), Broken(CLEAN, BEGIN, END), SCALE
    )


def test_a_fault_is_named_by_the_last_step_in_time():
    told = said(
        event(EventType.NEW, 2_050.0, "spike"),
        event(EventType.UPDATE, 2_900.0, "drift"),
        event(EventType.UPDATE, 3_201.0, "variance"),
    )
    assert (told.said, told.first_said, told.delay) == ("drift", "spike", 5.0)


@pytest.mark.parametrize(
    ("time", "expected"), [(1_990.0, ALREADY_OPEN), (2_000.0, "spike"), (3_200.0, "spike"),
                           (3_210.0, MISSED)]
)  # fmt: skip
def test_a_fault_is_detected_from_its_begin_to_twenty_intervals_after_its_end(time, expected):
    assert said(event(EventType.NEW, time)).said == expected


def test_an_anomaly_that_was_over_before_neither_detects_nor_hides_a_fault():
    before = event(EventType.NEW, 500.0), event(EventType.END, 900.0)
    assert said(*before).said == MISSED
    assert said(*before, event(EventType.NEW, 2_100.0, "drift", "b")).said == "drift"


@pytest.mark.parametrize(
    ("after", "seconds", "expected"),
    [(200, 30.0, False), (200, 40.0, True), (199, 40.0, False), (319, 40.0, True),
     (320, 40.0, False)],
)  # fmt: skip
def test_a_recording_must_not_pause_while_a_fault_is_looked_for(after, seconds, expected):
    times = CLEAN.times.copy()
    times[after + 1 :] += seconds - INTERVAL
    broken = Broken(Stretch(CLEAN.values, times), times[200], times[300])
    assert pauses(times, broken, SCALE) is expected


def test_every_other_fault_is_put_into_a_real_stream_if_there_are_any():
    assert len(trials(10, has_real=True)) == 10 * len(KINDS)
    assert sum(trial.is_real for trial in trials(10, has_real=True)) == 5 * len(KINDS)
    assert not any(trial.is_real for trial in trials(10, has_real=False))


@pytest.mark.parametrize("is_real", [False, True])
def test_the_same_trial_tells_the_same(tmp_path, is_real):
    write_unlabelled(tmp_path)
    trial = Trial("out_of_range", 3, is_real)
    first = tell(tmp_path, trial)
    assert first == tell(tmp_path, trial)
    assert (first.stream == "office/co2") == is_real
    assert first.said not in (MISSED, ALREADY_OPEN)


def test_every_kind_finds_a_stream_that_can_have_it(tmp_path):
    assert [tell(tmp_path, Trial(kind, 0, False)).trial.kind for kind in KINDS] == list(KINDS)


def test_a_sensor_that_is_always_zero_is_left_in_peace():
    assert quiet(("always zero", 0)) == Quiet("always zero", 43_200, ())


TOLD = [
    Told(Trial("spike", 0, True), "a", "spike", "spike", 0.0),
    Told(Trial("spike", 1, False), "a", MISSED, MISSED, float("nan")),
    Told(Trial("drift", 0, True), "a", "level", "spike", 40.0),
]


def test_the_confusion_matrix_counts_what_was_said_known_or_not():
    table = confusion_table(TOLD)
    spike = dict(zip(table.header, table.rows[0], strict=True))
    assert (spike["spike"], spike[MISSED], spike["level"]) == ("1", "1", "")
    drift = dict(zip(table.header, table.rows[2], strict=True))
    assert drift["level"] == "1"


def test_right_is_counted_of_all_faults_missed_ones_too():
    rows = {row[0]: row for row in recall_table(TOLD).rows}
    assert rows["spike"] == ("spike", "2", "0.500", "0.500", "1.000", "0.000", "0.500", "0")
    assert rows["all"][:4] == ("all", "3", "0.667", "0.333")
    assert "flatline" not in rows


def test_quiet_sensors_are_counted_by_what_was_said():
    rows = quiet_table(
        [Quiet("rain", 10, ("flatline", "spike")), Quiet("rain", 10, ("stale",))]
    ).rows
    assert rows == [("rain", "20", "60", "1", "1", "1"), ("all", "20", "60", "1", "1", "1")]


def test_json_holds_every_fault_and_no_nan():
    content = to_json(TOLD, [Quiet("rain", 10, ("stale",))])
    assert content["faults"][0]["kind"] == "spike"
    assert content["faults"][1]["delay"] is None
    assert content["quiet"][0]["kinds"] == ("stale",)
