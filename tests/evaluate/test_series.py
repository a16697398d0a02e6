import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from streamrnn.evaluate.series import Series, inside, runs


def series(events, start):
    return Series(
        name="pump",
        channels=["value"],
        times=np.arange(100.0),
        values=np.zeros((100, 1)),
        events=np.array(events, np.int64).reshape(-1, 2),
        start=start,
        has_clock=True,
    )


@given(arrays(bool, st.integers(0, 50)))
def test_runs_and_inside_undo_each_other(flags):
    assert np.array_equal(inside(runs(flags), len(flags)), flags)


def test_a_run_reaches_from_its_first_to_its_last_row():
    assert runs(np.array([1, 1, 0, 0, 1], bool)).tolist() == [[0, 1], [4, 4]]


def test_scored_events_are_counted_from_the_start():
    assert series([[50, 60]], start=40).scored_events.tolist() == [[10, 20]]


@given(st.integers(0, 60))
def test_a_series_that_begins_later_is_scored_on_the_same_rows(rows):
    whole = series([[5, 9], [30, 45], [60, 60]], start=40)
    later = whole.without_first(rows)
    assert len(later.times) == len(later.values) == 100 - min(rows, 40)
    assert later.times[later.start] == whole.times[whole.start]
    assert np.array_equal(later.scored_events, whole.scored_events)


def test_events_before_the_start_do_not_count_and_one_across_it_is_cut():
    cut = series([[5, 9], [30, 45], [60, 60]], start=40)
    assert cut.scored_events.tolist() == [[0, 5], [20, 20]]
    assert cut.scored_rows == 60
