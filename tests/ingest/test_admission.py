from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streamrnn.config import LimitsConfig
from streamrnn.ingest.admission import Admission
from streamrnn.records import Reason


def admission(max_streams: int = 1000, per_second: float = 2.0) -> Admission:
    return Admission(LimitsConfig(max_streams=max_streams, new_streams_per_second=per_second))


def test_new_streams_have_to_wait_once_the_budget_is_spent() -> None:
    gate = admission(per_second=2.0)
    assert [gate.request(name, at=100.0) for name in "abc"] == [None, None, Reason.NEW_STREAM_RATE]
    assert gate.request("c", at=100.4) is Reason.NEW_STREAM_RATE
    assert gate.request("c", at=100.5) is None


def test_known_streams_cost_nothing() -> None:
    gate = admission(per_second=1.0)
    assert gate.request("a", at=0.0) is None
    assert all(gate.request("a", at=0.0) is None for _ in range(100))
    gate.admit("restored")
    assert gate.request("restored", at=0.0) is None


def test_a_slow_budget_still_lets_a_first_stream_in() -> None:
    gate = admission(per_second=0.1)
    assert gate.request("a", at=0.0) is None
    assert gate.request("b", at=9.0) is Reason.NEW_STREAM_RATE
    assert gate.request("b", at=10.5) is None


def test_the_number_of_streams_is_capped_until_one_is_forgotten() -> None:
    gate = admission(max_streams=2, per_second=100)
    assert [gate.request(name, at=0.0) for name in "abc"] == [None, None, Reason.TOO_MANY_STREAMS]
    gate.forget("a")
    assert gate.request("c", at=0.0) is None
    assert gate.request("a", at=0.0) is Reason.TOO_MANY_STREAMS


def test_restored_streams_are_known_even_beyond_the_cap() -> None:
    gate = admission(max_streams=1)
    gate.admit("a")
    gate.admit("b")
    assert gate.request("b", at=0.0) is None
    assert gate.request("c", at=0.0) is Reason.TOO_MANY_STREAMS


def test_a_clock_that_was_put_back_neither_gives_nor_takes() -> None:
    gate = admission(per_second=1.0)
    assert gate.request("a", at=1e9) is None
    assert gate.request("b", at=0.0) is Reason.NEW_STREAM_RATE
    assert gate.request("b", at=1.0) is None


def test_a_twin_tries_out_without_spending() -> None:
    gate = admission(per_second=1.0)
    assert gate.copy().request("a", at=0.0) is None
    assert gate.request("b", at=0.0) is None


@given(st.lists(st.tuples(st.floats(0, 50), st.integers(0, 40)), max_size=80))
def test_never_more_new_streams_than_the_budget_allows(arrivals: list[tuple[float, int]]) -> None:
    per_second = 2.0
    gate = admission(max_streams=30, per_second=per_second)
    arrivals.sort()
    admitted: dict[int, float] = {}
    for at, number in arrivals:
        if gate.request(str(number), at) is None:
            admitted.setdefault(number, at)
    assert len(admitted) <= 30
    times = sorted(admitted.values())
    for begin in range(len(times)):
        for end in range(begin, len(times)):
            allowed = per_second + (times[end] - times[begin]) * per_second
            assert end - begin + 1 <= allowed + 1e-6
