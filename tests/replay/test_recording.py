import gzip

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from streamrnn.errors import InputError
from streamrnn.replay import Selection, read_recordings
from tests.replay.tables import write_csv

TWO_COLUMNS = """
    timestamp,power,flow,state,is_anomaly
    2024-05-01T00:00:00Z,1.5,10,on,0
    2024-05-01T00:01:00Z,,11,off,1
    2024-05-01T00:02:00Z,2.5,12,on,0
"""
MAY_FIRST = 1_714_521_600.0


def read(path, **selection):
    (recording,) = read_recordings([path], Selection(**selection))
    return recording


@pytest.fixture
def plant_csv(tmp_path):
    return write_csv(tmp_path / "plant.csv", TWO_COLUMNS)


def test_every_column_of_numbers_becomes_a_stream_of_the_file(plant_csv):
    recording = read(plant_csv, exclude=["is_anomaly"])
    assert recording.streams == ["plant/power", "plant/flow"]
    assert_array_equal(recording.times, MAY_FIRST + np.array([0.0, 60.0, 120.0]))
    assert_array_equal(recording.values, [[1.5, 10.0], [np.nan, 11.0], [2.5, 12.0]])
    assert recording.texts == ["state"]


def test_columns_can_be_chosen(plant_csv):
    assert read(plant_csv, columns=["flow"]).streams == ["plant/flow"]


def test_a_lone_column_called_value_is_a_stream_named_like_the_file(tmp_path):
    path = write_csv(tmp_path / "machine.temperature.csv", "timestamp,value\n2024-05-01,1")
    assert read(path).streams == ["machine.temperature"]


def test_one_column_can_be_given_the_name_of_its_stream(plant_csv):
    assert read(plant_csv, columns=["flow"], stream="hall/flow").streams == ["hall/flow"]


def test_several_columns_cannot_share_one_name(plant_csv):
    with pytest.raises(InputError, match=r"--stream names one stream, but there are 2 columns"):
        read(plant_csv, stream="hall", exclude=["is_anomaly"])


def test_csv_gzip_and_parquet_are_read_alike(tmp_path, plant_csv):
    zipped = tmp_path / "zipped" / "plant.csv.gz"
    zipped.parent.mkdir()
    zipped.write_bytes(gzip.compress(plant_csv.read_bytes()))
    parquet = zipped.with_name("plant.parquet")
    pd.read_csv(plant_csv, parse_dates=["timestamp"]).to_parquet(parquet)
    for path in (zipped, parquet):
        recording = read(path, exclude=["is_anomaly"])
        expected = read(plant_csv, exclude=["is_anomaly"])
        assert recording.streams == expected.streams
        assert_array_equal(recording.times, expected.times)
        assert_array_equal(recording.values, expected.values)


def test_the_time_index_of_a_parquet_file_is_its_time(tmp_path):
    index = pd.DatetimeIndex(["2024-05-01", "2024-05-02"], tz="UTC")
    path = tmp_path / "flow.parquet"
    pd.DataFrame({"value": [1.0, 2.0]}, index=index).to_parquet(path)
    assert_array_equal(read(path).times, MAY_FIRST + np.array([0.0, 86_400.0]))


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_the_separator_is_read_off_the_first_line(tmp_path, separator):
    text = TWO_COLUMNS.replace(",", separator)
    recording = read(write_csv(tmp_path / "plant.csv", text), exclude=["is_anomaly"])
    assert recording.streams == ["plant/power", "plant/flow"]


def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("\ufefftime,value\n5,1\n", encoding="utf-8")
    assert_array_equal(read(path).times, [5.0])


def test_quoted_names_are_names(tmp_path):
    path = write_csv(tmp_path / "hall.csv", '"time";"flow, in l/s"\n1;2')
    assert read(path).streams == ["hall/flow, in l/s"]


def test_true_and_false_are_numbers(tmp_path):
    path = write_csv(tmp_path / "door.csv", "time,value\n1,true\n2,false\n3,")
    assert_array_equal(read(path).values, [[1.0], [0.0], [np.nan]])


def test_two_files_must_not_be_one_stream_by_accident(tmp_path):
    paths = [tmp_path / "a" / "flow.csv", tmp_path / "b" / "flow.csv"]
    for path in paths:
        path.parent.mkdir()
        write_csv(path, "time,value\n1,1")
    with pytest.raises(InputError, match=r'its stream "flow" is one of .*/a/flow\.csv, too'):
        read_recordings(paths, Selection())
    assert len(read_recordings(paths, Selection(stream="flow"))) == 2


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("a.xlsx", b"", r"must be a \.csv, \.csv\.gz or \.parquet file"),
        ("a.csv", b"", "cannot be read as a table: No columns"),
        ("a.csv", b"time,value\n", "has no rows"),
        ("a.csv", b"2024-05-01 00:00:00,20.5\n2024-05-01 00:05:00,21\n", "first line must name"),
        ("a.csv", b"time,value\n1,2,3,4\n1,2\n", "more cells than the first line, which names 2"),
        ("a.csv", b"time,value\n1,2\n1,2,3,4\n", "cannot be read as a table: .* line 3"),
        ("a.csv", b"time,value\n1,\xff\n", "must be UTF-8"),
        ("a.csv.gz", b"no gzip", "cannot be read"),
        ("a.csv.gz", gzip.compress(b"time,value\n1,2\n" * 99)[:-20], "cut off or damaged"),
        ("a.parquet", b"no parquet", "cannot be read as a table"),
        ("a.csv", b"time,state\n1,on\n", "no column of numbers .* there are: time, state"),
        ("a.csv", b"time,value\n1,2\n2,3\n3,12.5x\n", 'row 3, column "value" is "12.5x": must be'),
        ("a.csv", b"time;value\n1;2\n2;1,5\n", 'row 2, column "value" is "1,5": must be a number'),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_the_reason(tmp_path, name, content, complaint):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=complaint) as error:
        read(path)
    assert str(error.value).startswith(f"{path}: ")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match=r"none\.csv: cannot be read: No such file or directory"):
        read(tmp_path / "none.csv")


@pytest.mark.parametrize("selection", [{"columns": ["heat"]}, {"time_column": "heat"}])
def test_a_column_that_is_not_there_is_named_beside_those_that_are(plant_csv, selection):
    with pytest.raises(InputError, match=r'has no column "heat"; there are: timestamp, power'):
        read(plant_csv, **selection)


def test_a_column_chosen_by_name_must_hold_numbers(plant_csv):
    with pytest.raises(InputError, match='column "state" holds no numbers'):
        read(plant_csv, columns=["state"])
