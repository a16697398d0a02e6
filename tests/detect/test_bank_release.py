"""Rows that are released: nothing of the stream stays, and another one finds a row as new."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamrnn.config import DetectorConfig
from streamrnn.detect import Bank
from streamrnn.errors import StateError

CONFIG = DetectorConfig(warm_up=60, retrain_every="150s")
_READINGS = 200


def feed(bank: Bank, stream: str, first: int = 0, readings: int = _READINGS) -> list[bytes]:
    """One reading a second; the decisions, as bytes by column."""
    times = 1e9 + np.arange(first, first + readings, dtype=float)
    noise = np.random.default_rng(len(stream)).normal(0.0, 0.1, first + readings)[first:]
    slots = np.full(readings, bank.slot(stream))
    return [column.tobytes() for column in bank.step(slots, np.sin(times / 10) + noise, times)]


def test_the_next_stream_learns_as_in_a_bank_of_its_own() -> None:
    bank = Bank(CONFIG)
    feed(bank, "old")
    bank.release(bank.slots["old"])
    assert feed(bank, "newer") == feed(Bank(CONFIG), "newer")
    assert dict(bank.slots) == {"newer": 0}


def test_a_stream_that_comes_back_begins_anew() -> None:
    bank = Bank(CONFIG)
    before = feed(bank, "s")
    bank.release(0)
    assert feed(bank, "s") == before


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(1, 90) | st.just(0)), min_size=1, max_size=25
    )
)
def test_streams_that_come_and_go_never_touch_each_other(steps: list[tuple[str, int]]) -> None:
    """A step of no readings releases the stream."""
    bank, alone = Bank(CONFIG), {}
    spoken = dict.fromkeys("abc", 0)
    for stream, readings in steps:
        if readings:
            own = alone.setdefault(stream, Bank(CONFIG))
            decisions = feed(own, stream, spoken[stream], readings)
            assert feed(bank, stream, spoken[stream], readings) == decisions
            spoken[stream] += readings
        elif stream in bank.slots:
            bank.release(bank.slots[stream])
            del alone[stream]
    heir = Bank.from_arrays(CONFIG, bank.to_arrays())
    assert dict(heir.slots) == dict(bank.slots)
    for stream, own in alone.items():
        assert feed(heir, stream, spoken[stream], 50) == feed(own, stream, spoken[stream], 50)


def test_the_lowest_free_row_is_used_first_and_after_a_restart_too() -> None:
    bank = Bank(CONFIG)
    for stream in "abcd":
        bank.slot(stream)
    for slot in (2, 0, 1):
        bank.release(slot)
    heir = Bank.from_arrays(CONFIG, bank.to_arrays())
    for each in (bank, heir):
        assert [each.slot(stream) for stream in ("d", "e", "f", "g", "h")] == [3, 0, 1, 2, 4]


def test_a_retraining_that_runs_is_of_no_use_any_more() -> None:
    bank = Bank(CONFIG)
    feed(bank, "s", readings=400)
    bank.release(0)
    assert bank.to_arrays()["pending_slots"].size == 0
    Bank.from_arrays(CONFIG, bank.to_arrays())


def test_free_rows_that_are_none_are_refused() -> None:
    bank = Bank(CONFIG)
    bank.slot("s")
    arrays = bank.to_arrays() | {"free": np.array([3])}
    with pytest.raises(StateError, match="free rows"):
        Bank.from_arrays(CONFIG, arrays)


def test_free_rows_are_not_idle() -> None:
    bank = Bank(CONFIG)
    for stream in ("gone", "silent", "speaks"):
        bank.slot(stream)
    bank.release(0)
    times = 1e9 + 600.0 * np.arange(20)
    bank.step(np.r_[1, np.full(20, 2)], np.zeros(21), np.r_[1e9, times])
    assert bank.idleness().longest(3) == [1]
