import numpy as np

from streamrnn.evaluate.label_free import MARGIN_ROWS, free_streams, label_free_names
from tests.evaluate.labelled_sets import EVENT, ROWS, write_skab, write_ucr, write_unlabelled


def test_rows_in_events_and_near_them_do_not_count_but_are_there(tmp_path):
    write_ucr(tmp_path)
    (stream,) = free_streams(tmp_path, "ucr", "001_heart")
    first, last = EVENT
    assert len(stream.values) == ROWS
    expected = np.ones(ROWS, bool)
    expected[first - MARGIN_ROWS : last + MARGIN_ROWS + 1] = False
    assert np.array_equal(stream.counts, expected)


def test_every_channel_is_a_stream_without_its_empty_cells(tmp_path):
    write_skab(tmp_path)
    streams = free_streams(tmp_path, "skab", "valve")
    assert [len(stream.values) for stream in streams] == [ROWS - 1, ROWS - 2]
    assert all(len(stream.values) == len(stream.times) for stream in streams)


def test_unlabelled_recordings_come_last_and_count_throughout(tmp_path):
    write_unlabelled(tmp_path)
    write_ucr(tmp_path)
    assert label_free_names(tmp_path) == [("ucr", "001_heart"), ("unlabelled", "office")]
    (stream,) = free_streams(tmp_path, "unlabelled", "office")
    assert stream.counts.all()
