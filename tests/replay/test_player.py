from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from streamrnn.config import Config, GatewayConfig
from streamrnn.detect import Bank
from streamrnn.detect.events import EventTracker
from streamrnn.records import EventType, Reason
from streamrnn.replay import Player, Recording
from tests.replay.tables import plant

CONFIG = Config(gateway=GatewayConfig(name="hall"))


def recording_of(table, prefix="plant"):
    streams = [f"{prefix}/{name}" for name in table.columns[1:]]
    values = table.iloc[:, 1:].to_numpy(np.float64)
    return Recording(Path(prefix), streams, table["ts"].to_numpy(np.float64), values, [])


def events_of(*recordings, config=CONFIG):
    return [event for step in Player(config).play(recordings) for event in step.events]


def events_one_by_one(table):
    """What a daemon makes of the rows, a reading at a time."""
    bank, tracker = Bank(CONFIG.detector), EventTracker(CONFIG.alerts, "hall")
    events = []
    for time, *values in table.itertuples(index=False):
        for name, value in zip(table.columns[1:], values, strict=True):
            slot = bank.slot(f"plant/{name}")
            decisions = bank.step([slot], [value], [float(time)])
            events += tracker.observe(bank.names, [slot], [value], [float(time)], decisions)
    return events


def test_a_replay_gives_the_events_of_readings_one_by_one():
    table = plant()
    events = events_of(recording_of(table))
    assert events == events_one_by_one(table)
    assert {event.type for event in events} >= {EventType.NEW, EventType.END}


def test_the_events_carry_the_names_of_gateway_and_stream():
    events = events_of(recording_of(plant()))
    assert {event.gateway for event in events} == {"hall"}
    assert "plant/power" in {event.stream for event in events}


@settings(max_examples=10, deadline=None)
@given(st.integers(1, 599))
def test_a_stream_goes_on_where_the_file_before_ended(cut):
    table = plant()
    parts = recording_of(table.iloc[:cut]), recording_of(table.iloc[cut:])
    assert events_of(*parts) == events_of(recording_of(table))


def test_cells_that_a_daemon_would_not_take_are_left_out_and_counted():
    table = plant(60)
    table.loc[10, "power"] = np.nan
    table.loc[[11, 12], "power"] = [np.inf, -np.inf]
    table.loc[13, "flow"] = 1e16
    player = Player(CONFIG)
    (step,) = player.play([recording_of(table)])
    assert player.readings == len(step.values) == 116
    assert np.all(np.abs(step.values) < 1e15)
    assert +player.dropped == {
        Reason.FIELD_MISSING: 1,
        Reason.NOT_FINITE: 2,
        Reason.OUT_OF_BOUNDS: 1,
    }


def test_late_and_double_rows_are_not_applied_and_counted():
    table = plant(60)
    table.loc[30] = table.loc[29]
    table.loc[40, "ts"] -= 3600
    player = Player(CONFIG)
    list(player.play([recording_of(table)]))
    assert player.readings == 116
    assert +player.dropped == {Reason.DUPLICATE: 2, Reason.LATE: 2}


def test_readings_go_in_row_by_row():
    (step,) = Player(CONFIG).play([recording_of(plant(3))])
    assert_array_equal(step.slots, [0, 1, 0, 1, 0, 1])
    assert_array_equal(np.diff(step.times), [0.0, 60.0, 0.0, 60.0, 0.0])
    assert step.rows == 3


def test_rows_without_a_single_number_are_passed_over():
    table = plant(5)
    table[["power", "flow"]] = np.nan
    player = Player(CONFIG)
    (step,) = player.play([recording_of(table)])
    assert (step.rows, len(step.values), player.readings) == (5, 0, 0)


@pytest.mark.parametrize("empty", [np.nan, np.inf])
def test_a_column_without_a_single_number_is_a_stream_without_readings(empty):
    table = plant(5)
    table["flow"] = empty
    player = Player(CONFIG)
    list(player.play([recording_of(table)]))
    assert player.names == ["plant/power", "plant/flow"]
    assert player.readings == 5
