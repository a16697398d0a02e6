from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from streamrnn.config import AlertsConfig, Config, GatewayConfig, GroupConfig
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


def events_one_by_one(table, config=CONFIG):
    """What a daemon makes of the rows, a reading at a time; it looks for silence every second."""
    bank, tracker = Bank(config.detector), EventTracker(config.alerts, "hall")
    events = []
    now = float(table["ts"].iloc[0])
    for time, *values in table.itertuples(index=False):
        while now < time:
            events += tracker.tick(bank.names, bank.rhythm(), now)
            now += 1.0
        for name, value in zip(table.columns[1:], values, strict=True):
            if not np.isnan(value):
                slot = bank.slot(f"plant/{name}")
                reading = [slot], [value], [float(time)]
                decisions = bank.step(*reading)
                arrived = max(now, time)
                events += tracker.observe(bank.names, *reading, decisions, arrived)
    return events


def test_a_replay_gives_the_events_of_readings_one_by_one():
    table = plant()
    events = events_of(recording_of(table))
    assert events == events_one_by_one(table)
    assert {event.type for event in events} >= {EventType.NEW, EventType.END}


def silent(table, column, first, end):
    """The rows stay, without the readings of a column."""
    table = table.copy()
    table.loc[first : end - 1, column] = np.nan
    return table


def kinds_of(events, stream):
    return [(event.type, event.kind) for event in events if event.stream == stream]


def test_a_stream_that_says_nothing_while_others_speak_is_stale():
    table = silent(plant(200), "flow", 100, 140)
    (new, *updates, end) = events_of(recording_of(table))
    assert (new.type, new.stream, new.kind) == (EventType.NEW, "plant/flow", "stale")
    assert new.since == table["ts"][99]
    assert new.time == new.since + 8 * 60 + 1, "more than eight intervals, seen at the next second"
    assert (end.type, end.time) == (EventType.END, table["ts"][140])
    assert [event.type for event in updates] == [EventType.UPDATE] * 6, "every five minutes"


def test_a_silence_before_the_next_row_is_told_as_of_when_it_was_noticed():
    table = plant(200).drop(columns="flow").drop(index=range(100, 140))
    (new, *_, end) = events_of(recording_of(table))
    assert (new.kind, new.time) == ("stale", table["ts"][99] + 8 * 60 + 1)
    assert (end.type, end.time) == (EventType.END, table["ts"][140])


def test_after_the_last_row_nothing_is_known_to_be_silent():
    assert events_of(recording_of(plant(200))) == []


def test_the_streams_of_one_file_are_not_missed_in_the_next():
    table = plant(200)
    later = table.assign(ts=table["ts"] + 86_400)
    assert events_of(recording_of(table, "hall"), recording_of(later, "roof")) == []


def test_rows_whose_clock_was_set_back_are_no_silence():
    table = plant(200)
    table.loc[100:120, "ts"] -= 3600
    assert events_of(recording_of(table)) == []


def test_how_long_a_silence_may_last_can_be_set():
    def stale_after(length):
        alerts = AlertsConfig(stale_after=length)
        return Config(gateway=GatewayConfig(name="hall"), alerts=alerts)

    table = silent(plant(200), "flow", 100, 140)
    assert events_of(recording_of(table), config=stale_after("never")) == []
    new = events_of(recording_of(table), config=stale_after("20m"))[0]
    assert new.time == table["ts"][99] + 20 * 60 + 1


def test_a_column_that_begins_late_is_no_stream_before():
    config = Config(alerts=AlertsConfig(stale_after="10m"))
    table = silent(silent(plant(200), "flow", 0, 100), "power", 40, 60)
    events = events_of(recording_of(table), config=config)
    assert {event.stream for event in events} == {"plant/power"}
    whole = silent(plant(200), "power", 40, 60)
    assert kinds_of(events, "plant/power") == kinds_of(
        events_of(recording_of(whole), config=config), "plant/power"
    )


@st.composite
def tables_with_silences(draw):
    """Two streams some seconds apart that pause, alone or together, and now and then for long."""
    rows = draw(st.integers(60, 200))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    gaps = random.choice([5, 10, 10, 10, 20], rows)
    gaps[random.integers(0, rows, draw(st.integers(0, 4)))] = draw(st.integers(60, 3000))
    table = plant(rows).assign(ts=1_700_000_000 + np.cumsum(gaps))
    for column in ("power", "flow"):
        for first in random.integers(1, rows, draw(st.integers(0, 3))):
            table = silent(table, column, first, first + random.integers(1, 60))
    return table


@settings(max_examples=20, deadline=None)
@given(tables_with_silences(), st.sampled_from(["auto", "1m", "7m"]))
def test_silences_are_told_as_by_a_daemon_that_looks_every_second(table, stale_after):
    alerts = AlertsConfig(stale_after=stale_after, update_every="2m", cooldown="3m")
    config = Config(gateway=GatewayConfig(name="hall"), alerts=alerts)
    assert events_of(recording_of(table), config=config) == events_one_by_one(table, config)


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
    values = np.concatenate([step.values for step in player.play([recording_of(table)])])
    assert player.readings == len(values) == 116
    assert np.all(np.abs(values) < 1e15)
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


def test_streams_of_a_group_are_one_device() -> None:
    groups = (GroupConfig(name="hall", streams=("*",)),)
    player = Player(CONFIG.model_copy(update={"group": groups}))
    list(player.play([recording_of(plant(3))]))
    assert {player.device(name) for name in player.names} == {"hall"}
