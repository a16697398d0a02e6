from __future__ import annotations

import threading

from hypothesis import given
from hypothesis import strategies as st

from streamrnn.records import Message
from streamrnn.service.mqtt.inbox import MOST_BYTES, TURN_BYTES, Inbox


def message(number: int) -> Message:
    return Message("plant/a", b"1", 1, False, False, number, 1, float(number))


@given(bursts=st.lists(st.integers(1, 5)), asks=st.lists(st.integers(1, 7)))
def test_messages_come_out_once_in_order_whatever_the_bursts_and_asks(
    bursts: list[int], asks: list[int]
) -> None:
    inbox = Inbox(capacity=1000, reserve=0)
    numbers = iter(range(sum(bursts)))
    for size in bursts:
        inbox.put([message(next(numbers)) for _ in range(size)], 1)
    taken: list[int] = []
    for ask in [*asks, sum(bursts)]:
        batch = inbox.take(ask, timeout=0.0)
        assert len(batch) <= ask
        taken += [m.packet_id for m in batch]
        assert len(inbox) == sum(bursts) - len(taken)
    assert taken == list(range(sum(bursts)))


def test_room_counts_what_was_not_taken_and_goes_below_zero() -> None:
    inbox = Inbox(capacity=3, reserve=2)
    inbox.put([message(1), message(2)], 1)
    assert inbox.room() == 1
    inbox.put([message(3), message(4)], 1)
    assert inbox.room() == -1
    inbox.take(1, timeout=0.0)
    assert inbox.room() == 0


def test_the_time_of_the_last_message_is_known() -> None:
    inbox = Inbox(capacity=3, reserve=0)
    assert inbox.last_message_at is None
    inbox.put([message(1), message(7)], 1)
    assert inbox.last_message_at == 7.0


def test_an_empty_inbox_gives_nothing_after_the_timeout() -> None:
    assert Inbox(capacity=3, reserve=0).take(10, timeout=0.001) == []


def test_take_wakes_up_when_a_burst_arrives() -> None:
    inbox = Inbox(capacity=3, reserve=0)
    taken: list[list[Message]] = []
    taker = threading.Thread(target=lambda: taken.append(inbox.take(10, timeout=60.0)))
    taker.start()
    inbox.put([message(1)], 1)
    taker.join(30.0)
    assert [len(batch) for batch in taken] == [1]


def test_whether_it_is_being_emptied_is_told_by_the_last_take_that_found_something() -> None:
    now = [100.0]
    inbox = Inbox(10, reserve=0, clock=lambda: now[0])
    assert not inbox.is_being_emptied
    inbox.put([message(0), message(1)], 2)
    assert not inbox.is_being_emptied
    inbox.take(1, 0.0)
    assert inbox.is_being_emptied
    now[0] += 1.9
    assert inbox.is_being_emptied
    now[0] += 0.2
    assert not inbox.is_being_emptied
    inbox.take(1, 0.0)
    now[0] += 5.0
    inbox.take(1, 0.0)
    assert not inbox.is_being_emptied, "there was nothing to take"


def test_long_messages_fill_it_before_their_number_does() -> None:
    inbox = Inbox(capacity=1000, reserve=10)
    inbox.put([message(1)], MOST_BYTES - 1)
    assert inbox.room() == 999
    inbox.put([message(2)], 1)
    assert inbox.room() == 0
    inbox.put([message(3)], MOST_BYTES)
    assert inbox.room() == -10
    inbox.take(1, timeout=0.0)
    inbox.take(2, timeout=0.0)
    assert inbox.room() == 1000


def test_long_messages_are_taken_a_few_at_a_time() -> None:
    inbox = Inbox(capacity=1000, reserve=10)
    for number in range(5):
        inbox.put([message(number)], TURN_BYTES // 2)
    assert [len(inbox.take(100, timeout=0.0)) for _ in range(4)] == [2, 2, 1, 0]
