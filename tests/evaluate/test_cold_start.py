import numpy as np
import pytest

from streamrnn.evaluate.clean_streams import TEN_CHARACTERS
from streamrnn.evaluate.cold_start import SEEN, LongRun, _plain_band, long_run, start
from streamrnn.evaluate.cold_start_tables import (
    character_table,
    long_run_table,
    start_table,
    to_json,
)


def test_the_plain_band_is_mean_and_deviation_of_the_readings_before():
    values = np.random.default_rng(0).normal(1e6, 1.0, 50)
    lower, upper = _plain_band(values)
    assert np.isnan(lower[:2]).all()
    for row in (2, 10, 49):
        half = 1.96 * values[:row].std(ddof=1)
        assert upper[row] == pytest.approx(values[:row].mean() + half, abs=1e-5)
        assert lower[row] == pytest.approx(values[:row].mean() - half, abs=1e-5)


def test_a_new_stream_is_looked_at_again_and_again():
    starts = start(("white noise", 0))
    assert [one.seen for one in starts] == list(SEEN)
    assert starts == start(("white noise", 0))
    assert starts[-1].has_band == 1.0
    assert 0.85 < starts[-1].plain_covered < 1.0


def test_a_spike_in_a_settled_stream_is_found_and_one_in_a_door_means_nothing():
    assert start(("white noise", 0))[-1].found
    assert {one.found for one in start(("door", 0))} == {None}


def test_the_long_run_covers_most_of_white_noise():
    assert 0.9 < long_run(("white noise", "1 min")).covered < 1.0


def test_tables_are_whole():
    starts = [one for name in ("white noise", "door") for one in start((name, 1))]
    runs = [
        LongRun(name, interval, 0.95)
        for name in TEN_CHARACTERS
        for interval in ("1 s", "10 s", "1 min", "15 min")
    ]
    for table in (start_table(starts), character_table(starts), long_run_table(runs)):
        assert {len(row) for row in table.rows} == {len(table.header)}
    assert long_run_table(runs).rows[-1] == ("mean", *["0.950"] * 4)
    content = to_json(starts, runs)
    assert len(content["starts"]) == 2 * len(SEEN)
    assert all(value == value for one in content["starts"] for value in one.values())
