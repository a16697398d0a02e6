"""Readings gathered by the minute, against sums made one by one."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamrnn.records import Outcome
from streamrnn.service.sinks import Judged
from streamrnn.service.sinks.history.minutes import Minute, Minutes
from tests.service.sinks.batches import Row, judged, seconds

ROWS = st.lists(
    st.tuples(
        st.sampled_from("abc"),
        st.integers(-1000, 1000).map(float),
        st.integers(0, 300).map(float),
    )
)


def judged_in_one_bank(*rows: Row) -> Judged:
    """The slot of a stream is the same in every batch."""
    batch = judged(*rows)
    slots = np.array(["abc".index(stream) for stream in batch.streams], np.int64)
    return batch._replace(slots=slots)


def naive(rows: list[Row]) -> dict[tuple[str, int], Minute]:
    gathered: dict[tuple[str, int], list[float]] = {}
    for stream, value, time in rows:
        gathered.setdefault((stream, math.floor(time / 60)), []).append(value)
    return {
        key: Minute(len(values), min(values), max(values), sum(values), 0.5)
        for key, values in gathered.items()
    }


@settings(max_examples=50)
@given(st.lists(ROWS, max_size=5))
def test_however_readings_are_cut_into_batches_the_minutes_are_the_same(
    batches: list[list[Row]],
) -> None:
    minutes = Minutes(1000)
    judged_batches = [judged_in_one_bank(*rows) for rows in batches]
    assert minutes.add(judged_batches[:2]) == 0
    for batch in judged_batches[2:]:
        assert minutes.add([batch]) == 0
    assert minutes.take() == naive([row for rows in batches for row in rows])
    assert len(minutes) == 0


@pytest.mark.parametrize("outcome", [Outcome.LATE, Outcome.DUPLICATE])
def test_readings_that_were_not_applied_do_not_count(outcome: Outcome) -> None:
    minutes = Minutes(10)
    minutes.add([judged(("a", 1.0, 0.0), outcome=outcome)])
    assert len(minutes) == 0


def test_beyond_the_capacity_readings_of_new_rows_are_given_up() -> None:
    minutes = Minutes(2)
    assert minutes.add([judged(*seconds("a", 0, 120))]) == 0
    assert minutes.add([judged(*seconds("a", 60, 180))]) == 60
    assert {minute for _, minute in minutes.take()} == {0, 1}


def test_rows_that_could_not_be_written_are_merged_with_newer_ones() -> None:
    minutes = Minutes(10)
    minutes.add([judged(("a", 1.0, 0.0))])
    rows = minutes.take()
    minutes.add([judged(("a", 5.0, 1.0), ("b", 7.0, 1.0))])
    minutes.give_back(rows)
    assert minutes.take() == {
        ("a", 0): Minute(2, 1.0, 5.0, 6.0, 0.5),
        ("b", 0): Minute(1, 7.0, 7.0, 7.0, 0.5),
    }
