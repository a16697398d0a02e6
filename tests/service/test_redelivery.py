from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamrnn.errors import StateError
from streamrnn.records import Message
from streamrnn.service.redelivery import RING, Redeliveries


def message(
    packet_id: int, payload: bytes, *, dup: bool = False, qos: int = 1, epoch: int = 1
) -> Message:
    return Message("plant/a", payload, qos, False, dup, packet_id, epoch, 0.0)


def test_what_was_applied_and_comes_again_marked_dup_is_left_out() -> None:
    redeliveries = Redeliveries()
    first = [message(1, b"20"), message(2, b"21")]
    assert redeliveries.unseen(first, 1) == first
    assert redeliveries.unseen([message(2, b"21", dup=True), message(3, b"22", dup=True)], 1) == [
        message(3, b"22", dup=True)
    ]
    assert redeliveries.total == 1


def test_a_first_arrival_may_carry_dup() -> None:
    again = message(7, b"20", dup=True)
    assert Redeliveries().unseen([again], 1) == [again]


def test_another_message_under_a_used_packet_id_is_new() -> None:
    redeliveries = Redeliveries()
    redeliveries.unseen([message(1, b"20")], 1)
    later = [message(1, b"21", dup=True), message(1, b"21")]
    assert redeliveries.unseen(later, 1) == later


def test_a_new_session_of_the_broker_makes_everything_new() -> None:
    redeliveries = Redeliveries()
    redeliveries.unseen([message(1, b"20")], 1)
    assert redeliveries.unseen([message(1, b"20", dup=True)], 2) == [], "still of the old session"
    later = [message(1, b"20", dup=True, epoch=2)]
    assert redeliveries.unseen(later, 2) == later
    assert redeliveries.unseen([message(1, b"20", dup=True, epoch=3)], 2) == []


def test_qos_0_has_no_packet_ids_and_always_passes() -> None:
    twice = [message(0, b"20", qos=0), message(0, b"20", qos=0, dup=True)]
    assert Redeliveries().unseen(twice, 1) == twice


@given(st.lists(st.integers(1, 50), unique=True), st.data())
def test_a_resent_tail_is_recognised_wherever_the_batches_are_cut(
    ids: list[int], data: st.DataObject
) -> None:
    sent = [message(i, b"%d" % i) for i in ids]
    kept = data.draw(st.integers(0, len(ids)))
    again = [message(i, b"%d" % i, dup=True) for i in ids[kept:]]
    arrived = sent + again
    cut = data.draw(st.integers(0, len(arrived)))
    redeliveries = Redeliveries()
    assert redeliveries.unseen(arrived[:cut], 1) + redeliveries.unseen(arrived[cut:], 1) == sent


def test_what_was_stored_is_recognised_after_a_restart() -> None:
    redeliveries = Redeliveries()
    redeliveries.unseen([message(1, b"20"), message(2, b"21")], 1)
    restored = Redeliveries.from_arrays(redeliveries.to_arrays())
    again = [message(2, b"21", dup=True), message(3, b"22", dup=True)]
    assert restored.unseen(again, 0) == [message(3, b"22", dup=True)], "the session was resumed"
    other = Redeliveries.from_arrays(redeliveries.to_arrays())
    assert other.unseen([message(2, b"21", dup=True)], 1) != [], "it was a new session"


def test_no_more_is_remembered_than_a_ring() -> None:
    redeliveries = Redeliveries()
    sent = [message(i, b"%d" % i) for i in range(RING + 5)]
    redeliveries.unseen(sent[:RING], 1)
    redeliveries.unseen(sent[RING:], 1)
    assert len(redeliveries.to_arrays()["redelivery_ids"]) == RING
    old = message(4, b"4", dup=True)
    assert redeliveries.unseen([old], 1) == [old]


def test_stored_ids_that_do_not_fit_are_refused() -> None:
    arrays = Redeliveries().to_arrays()
    with pytest.raises(StateError, match="packet ids"):
        Redeliveries.from_arrays({"redelivery_ids": arrays["redelivery_ids"]})


def test_more_than_the_ring_that_waits_is_recognised_even_after_a_crash() -> None:
    """With a window of 65,535 and a slow disk, so many wait when the checkpoint is taken."""
    waiting = [message(1 + n, b"%d" % n) for n in range(RING + 10_000)]
    redeliveries = Redeliveries()
    for first in range(0, len(waiting), 1000):
        redeliveries.unseen(waiting[first : first + 1000], 1, waiting=first)
    heir = Redeliveries.from_arrays(redeliveries.to_arrays())
    again = [message(m.packet_id, m.payload, dup=True) for m in waiting]
    fresh = [
        left
        for first in range(0, len(again), 1000)
        for left in heir.unseen(again[first : first + 1000], 0)
    ]
    assert fresh == []
