import numpy as np
import pytest

from streamrnn.errors import InputError
from streamrnn.evaluate.datasets import DATA_SETS, data_sets_in, read_series
from tests.evaluate.labelled_sets import EVENT, ROWS, write_nab, write_skab, write_ucr


def test_nab_windows_become_rows_and_probation_is_not_scored(tmp_path):
    write_nab(tmp_path)
    assert data_sets_in(tmp_path) == {"nab": ["plant/a", "plant/b"]}
    series = read_series(tmp_path, "nab", "plant/b")
    assert series.events.tolist() == [list(EVENT)]
    assert series.start == int(0.15 * ROWS)
    assert series.channels == ["value"]
    assert np.diff(series.times).tolist() == [300.0] * (ROWS - 1)


def test_rows_without_a_reading_are_left_out_and_empty_cells_are_kept(tmp_path):
    write_skab(tmp_path)
    series = read_series(tmp_path, "skab", "valve")
    assert series.channels == ["flow", "current"]
    assert series.values.shape == (ROWS - 1, 2)
    assert np.argwhere(np.isnan(series.values)).tolist() == [[3, 1]]
    assert series.events.tolist() == [[EVENT[0] - 1, EVENT[1] - 1]]
    assert series.start == 400


def test_series_without_a_clock_say_so_and_take_their_start_from_the_index(tmp_path):
    write_ucr(tmp_path)
    series = read_series(tmp_path, "ucr", "001_heart")
    assert not series.has_clock
    assert series.start == 500
    assert series.scored_events.tolist() == [[EVENT[0] - 500, EVENT[1] - 500]]


def test_all_sets_of_the_folder_are_taken_unless_some_are_named(tmp_path):
    write_skab(tmp_path)
    write_ucr(tmp_path)
    assert list(data_sets_in(tmp_path)) == ["skab", "ucr"]
    assert list(data_sets_in(tmp_path, ["ucr"])) == ["ucr"]


def test_an_unknown_set_is_told_the_known_ones(tmp_path):
    with pytest.raises(InputError, match=f'no data set "swat": there are {", ".join(DATA_SETS)}'):
        data_sets_in(tmp_path, ["swat"])


def test_a_folder_without_sets_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"--data or \$STREAMRNN_DATA"):
        data_sets_in(tmp_path / "nowhere")


def test_a_wanted_set_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(InputError, match="wsn: holds no series"):
        data_sets_in(tmp_path, ["wsn"])


def test_a_series_that_the_index_does_not_name_is_refused(tmp_path):
    write_ucr(tmp_path)
    (tmp_path / "ucr" / "index.csv").write_text("series,train_rows\nother,5\n")
    with pytest.raises(InputError, match="with a row for 001_heart"):
        read_series(tmp_path, "ucr", "001_heart")


@pytest.mark.parametrize(
    "content",
    [b"no gzip", b"\x1f\x8b\x08\x00cut off"],
)
def test_a_damaged_file_is_refused_by_name(tmp_path, content):
    (tmp_path / "wsn").mkdir()
    (tmp_path / "wsn" / "mote.csv.gz").write_bytes(content)
    with pytest.raises(InputError, match=r"mote\.csv\.gz: must be a readable CSV file"):
        read_series(tmp_path, "wsn", "mote")
