import numpy as np
import pytest

from streamrnn.config import DetectorConfig
from streamrnn.evaluate.clean_streams import INTERVALS, TEN_CHARACTERS
from streamrnn.evaluate.false_alarm_tables import clean_tables, recorded_table, to_json
from streamrnn.evaluate.false_alarms import (
    BUDGETS,
    DAY,
    LEAST_READINGS,
    Cell,
    Count,
    clean_cells,
    count_clean,
    count_recorded,
    seed_of,
    settings_for,
)
from streamrnn.evaluate.label_free import free_streams
from streamrnn.evaluate.table import markdown
from streamrnn.evaluate.watch import watch
from tests.evaluate.labelled_sets import EVENT, write_ucr, write_unlabelled

CELL = Cell("1 per 1d", "1 min", "white noise", seed=0, most_readings=1_000)


def test_every_budget_meets_every_interval_and_character():
    cells = clean_cells(streams=2, most_readings=1_000)
    assert len(cells) == 2 * len(BUDGETS) * len(INTERVALS) * len(TEN_CHARACTERS)
    assert len(set(cells)) == len(cells)


def test_time_is_watched_from_the_first_judged_reading_on():
    counted = count_clean(CELL)
    assert counted.readings == LEAST_READINGS
    assert counted.seconds == (LEAST_READINGS - DetectorConfig().warm_up) * 60.0
    assert counted.rate.expected == counted.seconds / DAY


def test_the_same_cell_counts_the_same():
    assert count_clean(CELL) == count_clean(CELL)


def test_no_two_cells_of_a_character_and_interval_see_the_same_readings():
    seeds = [seed_of(Cell(budget, "", "", seed)) for budget in BUDGETS for seed in range(50)]
    assert len(set(seeds)) == len(seeds)


def test_what_is_found_in_an_event_is_no_false_alarm(tmp_path):
    write_ucr(tmp_path)
    counted = count_recorded(tmp_path, Cell("1 per 1d", "ucr", "001_heart"))
    assert counted.alarms == 0
    assert counted.readings < 1_200 - (EVENT[1] - EVENT[0])
    assert counted.streams == 1


def test_that_a_recording_fell_silent_is_no_false_alarm(tmp_path):
    write_unlabelled(tmp_path, outage=200)
    (stream,) = free_streams(tmp_path, "unlabelled", "office")
    told = watch(stream.values, stream.times, settings_for("1 per 90d"), "office/0").alerts
    others = [alert for alert in told if alert.kind != "stale"]
    assert len(told) > len(others)
    counted = count_recorded(tmp_path, Cell("1 per 90d", "unlabelled", "office"))
    assert counted.alarms == len(others)


def counts(alarms):
    return [
        Count(Cell(budget, group, name), 1, 1_000, BUDGETS[budget] * 10.0, alarms)
        for budget in BUDGETS
        for group in INTERVALS
        for name in TEN_CHARACTERS
    ]


@pytest.mark.parametrize(
    ("alarms", "within", "outside"),
    [(10, "40/40", "0/40"), (4, "0/40", "0/40"), (60, "0/40", "40/40")],
)
def test_the_first_table_says_how_many_cells_are_within_and_surely_outside(alarms, within, outside):
    table = clean_tables(counts(alarms))[0]
    assert {row[-2:] for row in table.rows} == {(within, outside)}


def test_tables_pool_and_are_whole():
    found = [*clean_tables(counts(10)), recorded_table(counts(10))]
    assert len(found) == 1 + len(BUDGETS) + 1
    for table in found:
        assert {len(row) for row in table.rows} == {len(table.header)}
    assert "| 1 per 30d | 1.0 (0.81 to 1.2) |" in markdown(found)


def test_json_holds_every_cell():
    (first, *_) = to_json(counts(10))
    assert (first["budget"], first["false_alarms"], first["allowed"]) == ("1 per 1d", 10, 10.0)
    assert first["days"] == pytest.approx(10.0)
    assert np.isfinite(first["allowed"])
