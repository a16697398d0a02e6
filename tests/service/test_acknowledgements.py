"""A message is acknowledged when its consequences are on disk, and not before."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from streamrnn.records import Message
from streamrnn.service.acknowledgements import Acknowledgements, Mode


def message(packet_id: int, *, qos: int = 1, epoch: int = 1) -> Message:
    return Message("plant/a", b"1", qos, False, False, packet_id, epoch, 0.0)


class Link:
    def __init__(self) -> None:
        self.acknowledged: list[int] = []
        self.payload_bytes = 0

    def acknowledge(self, messages: Sequence[Message]) -> None:
        self.acknowledged += [m.packet_id for m in messages]
        self.payload_bytes += sum(len(m.payload) for m in messages)


def held_back(mode: Mode) -> tuple[Acknowledgements, Link]:
    link = Link()
    acknowledgements = Acknowledgements(link)
    acknowledgements.mode = mode
    return acknowledgements, link


def test_relaxed_waits_for_the_alerts_only() -> None:
    waiting, link = held_back(Mode.RELAXED)
    waiting.applied([message(1)], alerts=0)
    waiting.applied([message(2)], alerts=1)
    waiting.applied([message(3)], alerts=1)
    waiting.settle(durable=0)
    assert link.acknowledged == [1], "and in order: 3 waits with 2"
    waiting.settle(durable=1)
    assert link.acknowledged == [1, 2, 3]


def test_exact_waits_for_a_checkpoint_that_holds_them() -> None:
    waiting, link = held_back(Mode.EXACT)
    waiting.applied([message(1), message(2)], alerts=0)
    waiting.checkpoint_begun()
    waiting.applied([message(3)], alerts=0)
    waiting.settle(durable=9)
    assert link.acknowledged == []
    waiting.checkpoint_saved()
    assert link.acknowledged == [1, 2]
    assert waiting.held == 1


def test_payloads_are_not_kept_while_their_messages_wait() -> None:
    """A window of 65,535 long messages would be all the memory there is."""
    waiting, link = held_back(Mode.EXACT)
    long = msgspec.structs.replace(message(1), payload=b"x" * 50_000)
    waiting.applied([long], alerts=0)
    waiting.checkpoint_begun()
    waiting.checkpoint_saved()
    assert link.acknowledged == [1]
    assert link.payload_bytes == 0


def test_nothing_is_let_go_before_a_mode_was_chosen() -> None:
    link = Link()
    waiting = Acknowledgements(link)
    waiting.applied([message(1)], alerts=0)
    waiting.settle(durable=9)
    assert link.acknowledged == []


def test_what_a_failed_checkpoint_held_goes_with_the_next() -> None:
    waiting, link = held_back(Mode.EXACT)
    waiting.applied([message(1)], alerts=0)
    waiting.checkpoint_begun()
    waiting.applied([message(2)], alerts=0)
    waiting.checkpoint_begun()
    waiting.checkpoint_saved()
    assert link.acknowledged == [1, 2]


def test_turning_relaxed_lets_go_what_waited() -> None:
    waiting, link = held_back(Mode.EXACT)
    waiting.applied([message(1)], alerts=0)
    waiting.checkpoint_begun()
    waiting.mode = Mode.RELAXED
    waiting.settle(durable=0)
    waiting.mode = Mode.EXACT
    waiting.applied([message(2)], alerts=0)
    waiting.checkpoint_saved()
    assert link.acknowledged == [1], "2 came after the checkpoint"


def test_what_an_earlier_connection_left_is_forgotten() -> None:
    waiting, link = held_back(Mode.EXACT)
    waiting.applied([message(1), message(2)], alerts=0)
    waiting.checkpoint_begun()
    waiting.applied([message(1, epoch=2)], alerts=0)
    waiting.checkpoint_saved()
    assert (link.acknowledged, waiting.held) == ([], 1)


def test_qos_0_needs_no_acknowledgement() -> None:
    waiting, link = held_back(Mode.RELAXED)
    waiting.applied([message(0, qos=0)], alerts=0)
    waiting.settle(durable=0)
    assert (link.acknowledged, waiting.total) == ([], 0)


@given(st.lists(st.sampled_from(["message", "begin", "saved", "exact", "relaxed"]), max_size=60))
def test_whatever_happens_they_go_in_order_and_once(steps: list[str]) -> None:
    waiting, link = held_back(Mode.EXACT)
    sent = in_checkpoint = 0
    safe = 0  # what may have been acknowledged
    for step in steps:
        match step:
            case "message":
                sent += 1
                waiting.applied([message(sent)], alerts=0)
            case "begin":
                waiting.checkpoint_begun()
                in_checkpoint = sent
            case "saved":
                waiting.checkpoint_saved()
                safe = max(safe, in_checkpoint)
            case _:
                waiting.mode = Mode(step)
        waiting.settle(durable=0)
        if waiting.mode is Mode.RELAXED:
            safe = sent
        assert link.acknowledged == list(range(1, safe + 1))
        assert waiting.held == sent - safe
