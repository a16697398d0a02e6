from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streamrnn.service.mqtt.publish_queue import Outgoing, PublishQueue


class Fates:
    """Makes messages and remembers what became of each."""

    def __init__(self) -> None:
        self.delivered: list[bytes] = []
        self.given_up: list[bytes] = []

    def message(self, topic: str, payload: bytes, *, retain: bool) -> Outgoing:
        def on_done(delivered: bool) -> None:
            (self.delivered if delivered else self.given_up).append(payload)

        return Outgoing(topic, payload, 1, retain, on_done)

    def event(self, payload: bytes) -> Outgoing:
        return self.message("events", payload, retain=False)

    def state(self, stream: str, payload: bytes) -> Outgoing:
        return self.message(f"state/{stream}", payload, retain=True)


def drain(queue: PublishQueue) -> list[bytes]:
    payloads = []
    while (message := queue.pop()) is not None:
        payloads.append(message.payload)
    return payloads


def test_messages_leave_in_the_order_they_came() -> None:
    queue, fates = PublishQueue(10), Fates()
    for message in (fates.event(b"1"), fates.state("a", b"2"), fates.event(b"3")):
        assert queue.put(message)
    assert drain(queue) == [b"1", b"2", b"3"]


def test_a_newer_state_takes_the_place_of_the_one_that_waits() -> None:
    queue, fates = PublishQueue(10), Fates()
    queue.put(fates.state("a", b"old"))
    queue.put(fates.event(b"event"))
    queue.put(fates.state("a", b"new"))
    assert fates.given_up == [b"old"]
    assert queue.dropped == 0
    assert drain(queue) == [b"new", b"event"]


def test_a_state_that_has_left_is_not_replaced() -> None:
    queue, fates = PublishQueue(10), Fates()
    queue.put(fates.state("a", b"1"))
    queue.pop()
    queue.put(fates.state("a", b"2"))
    assert fates.given_up == []
    assert drain(queue) == [b"2"]


def test_a_full_queue_gives_up_its_oldest_state_for_an_event() -> None:
    queue, fates = PublishQueue(3), Fates()
    queue.put(fates.event(b"1"))
    queue.put(fates.state("a", b"2"))
    queue.put(fates.state("b", b"3"))
    assert queue.put(fates.event(b"4"))
    assert fates.given_up == [b"2"]
    assert queue.dropped == 1
    assert drain(queue) == [b"1", b"3", b"4"]


def test_a_queue_full_of_events_refuses_and_counts() -> None:
    queue, fates = PublishQueue(2), Fates()
    queue.put(fates.event(b"1"))
    queue.put(fates.event(b"2"))
    assert not queue.put(fates.event(b"3"))
    assert not queue.put(fates.state("a", b"4"))
    assert fates.given_up == [b"3", b"4"]
    assert queue.dropped == 2
    assert drain(queue) == [b"1", b"2"]


def test_what_is_given_back_goes_first_and_keeps_its_order() -> None:
    queue, fates = PublishQueue(2), Fates()
    first, second = fates.event(b"1"), fates.state("a", b"2")
    queue.put(fates.event(b"3"))
    queue.put(fates.event(b"4"))
    queue.give_back([first, second])
    assert drain(queue) == [b"1", b"2", b"3", b"4"]


def test_a_state_given_back_yields_to_a_newer_one() -> None:
    queue, fates = PublishQueue(5), Fates()
    old = fates.state("a", b"old")
    queue.put(fates.event(b"1"))
    queue.put(fates.state("a", b"new"))
    queue.give_back([old])
    assert fates.given_up == [b"old"]
    assert drain(queue) == [b"1", b"new"]


def test_of_two_states_given_back_the_newer_stays() -> None:
    queue, fates = PublishQueue(5), Fates()
    queue.give_back([fates.state("a", b"old"), fates.event(b"1"), fates.state("a", b"new")])
    assert drain(queue) == [b"1", b"new"]


def test_what_is_given_back_stays_under_suspicion_over_attempts_that_sent_nothing() -> None:
    queue, fates = PublishQueue(5), Fates()
    queue.give_back([fates.event(b"1"), fates.event(b"2")])
    queue.give_back([])
    assert queue.suspects == 2


def test_a_denied_topic_stands_for_its_branch_until_denials_are_forgotten() -> None:
    queue = PublishQueue(5)
    queue.deny("streamrnn/gw/state/freezer/temperature")
    assert queue.is_denied("streamrnn/gw/state/boiler")
    assert not queue.is_denied("streamrnn/gw/events")
    queue.forget_denials()
    assert not queue.is_denied("streamrnn/gw/state/boiler")


def test_one_topic_may_be_denied_without_its_branch() -> None:
    queue = PublishQueue(5)
    queue.deny_alone("streamrnn/gw/state/freezer")
    assert queue.is_denied("streamrnn/gw/state/freezer")
    assert not queue.is_denied("streamrnn/gw/state/boiler")
    queue.forget_denials()
    assert not queue.is_denied("streamrnn/gw/state/freezer")


def test_a_newer_state_goes_on_with_the_losses_of_the_one_it_replaces() -> None:
    queue, fates = PublishQueue(5), Fates()
    queue.put(fates.state("a", b"1"))
    queue.give_back([fates.state("a", b"0")._replace(losses=2)])
    queue.put(fates.state("a", b"2"))
    message = queue.pop()
    assert message is not None
    assert (message.payload, message.losses) == (b"2", 2)


def test_closing_gives_up_what_waits_and_refuses_the_rest() -> None:
    queue, fates = PublishQueue(5), Fates()
    queue.put(fates.event(b"1"))
    queue.close()
    assert not queue.put(fates.state("a", b"2"))
    queue.give_back([fates.event(b"3")])
    assert fates.given_up == [b"1", b"2", b"3"]
    assert queue.dropped == 3
    assert len(queue) == 0


@given(
    capacity=st.integers(1, 6),
    steps=st.lists(st.sampled_from(["event", "state a", "state b", "pop", "give back"])),
)
def test_every_message_ends_exactly_once_and_the_bound_holds(
    capacity: int, steps: list[str]
) -> None:
    queue, fates = PublishQueue(capacity), Fates()
    made: list[bytes] = []
    in_flight: list[Outgoing] = []
    for number, step in enumerate(steps):
        payload = str(number).encode()
        if step == "pop":
            message = queue.pop()
            if message is not None:
                in_flight.append(message)
        elif step == "give back":
            queue.give_back(in_flight)
            in_flight.clear()
        else:
            made.append(payload)
            before = len(queue)
            queue.put(fates.event(payload) if step == "event" else fates.state(step[-1], payload))
            assert len(queue) <= max(capacity, before)
    for message in in_flight:
        message.done(True)
    queue.close()
    assert sorted(fates.delivered + fates.given_up) == sorted(made)
