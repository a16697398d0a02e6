from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from streamrnn.errors import InputError
from streamrnn.replay import Selection, read_recordings
from streamrnn.replay.time_column import find_time_column, read_times
from tests.replay.tables import write_csv

MAY_FIRST = 1_714_521_600.0


def times_of(cells):
    return read_times(pd.DataFrame({"time": cells}), "time", Path("plant.csv"))


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        ({"value": [1.0], "timestamp": [5]}, "timestamp"),
        ({"Time": [5], "value": [1.0]}, "Time"),
        ({"ts": [5], "datetime": ["2024-05-01"]}, "ts"),
        ({"date": ["2024-05-01"], "time": ["12:00"]}, "time"),
        ({"state": ["on"], "recorded": ["2024-05-01 12:00:00"], "value": [1.0]}, "recorded"),
        ({"value": [1_714_521_600.0], "room": ["2024"]}, None),
    ],
)
def test_the_time_column_is_found_by_name_then_by_its_look(columns, found):
    assert find_time_column(pd.DataFrame(columns)) == found


@pytest.mark.parametrize(
    "cell",
    ["2024-05-01", "2024-05-01 00:00:00", "2024-05-01T02:00:00+02:00", "2024-05-01T00:00:00.000Z"],
)
def test_iso_8601_is_read_and_without_a_zone_it_is_utc(cell):
    assert_array_equal(times_of([cell]), [MAY_FIRST])


@pytest.mark.parametrize("per_second", [1, 1000, 10**6, 10**9])
def test_unix_time_is_told_apart_by_its_size(per_second):
    unix = np.array([int(MAY_FIRST), int(MAY_FIRST) + 60]) * per_second
    assert_array_equal(times_of(unix), [MAY_FIRST, MAY_FIRST + 60.0])


def test_small_numbers_are_seconds_since_any_start():
    assert_array_equal(times_of([0, 5, 10]), [0.0, 5.0, 10.0])


@given(st.integers(0, 4_000_000_000_000_000))
def test_text_gives_the_same_float_as_python_does(microseconds):
    stamp = pd.Timestamp(microseconds, unit="us", tz="UTC")
    expected = stamp.to_pydatetime().timestamp()
    assert_array_equal(times_of([stamp.isoformat()]), [expected])


@pytest.mark.parametrize("bad", ["yesterday", None, "31.12.2024"])
def test_a_cell_that_is_no_time_is_named(bad):
    with pytest.raises(InputError, match=r'plant\.csv: row 2, column "time" is .*: must be a time'):
        times_of(["2024-05-01", bad])


def test_rows_of_a_file_without_times_are_an_interval_apart(tmp_path):
    path = write_csv(tmp_path / "a.csv", "value\n1\n2\n3")
    (recording,) = read_recordings([path], Selection(interval=0.5))
    assert_array_equal(recording.times, [0.0, 0.5, 1.0])
