"""The queue of alerts as such: what its journal must bring back."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from streamrnn.records import EventType
from streamrnn.service.outbox.journal import Queued, decode, encode
from streamrnn.service.outbox.pending import Pending
from tests.service.test_outbox import event

Step = tuple[Any, ...]

DESTINATIONS = ("mqtt", "pager")
steps = st.lists(
    st.tuples(st.just("append"), st.sampled_from(EventType), st.integers(0, 3))
    | st.tuples(st.just("confirm"), st.sampled_from(DESTINATIONS), st.integers(0, 9))
    | st.tuples(st.just("give up")),
    max_size=40,
)


def after(script: list[Step]) -> Pending:
    pending = Pending([], DESTINATIONS)
    for number, step in enumerate(script):
        match step:
            case ("append", type, anomaly):
                pending.append(event(number, type, id=f"id{anomaly}"))
            case ("confirm", name, ahead):
                pending.confirm(name, min(pending.last, ahead))
            case ("give up",) if pending:
                pending.give_up_oldest()
    return pending


def contents(pending: Pending) -> list[object]:
    waiting = {
        name: [pending[position] for position in pending.after(name, 0, pending.last)]
        for name in DESTINATIONS
    }
    return [pending.last, pending.open, waiting]


@given(steps)
def test_a_journal_that_is_read_again_is_the_queue_that_wrote_it(
    script: list[Step],
) -> None:
    pending = after(script)
    lines = [encode(record) for record in pending.journal()]
    records = [record for line in lines if (record := decode(line[:-1]))]
    assert contents(Pending(records, DESTINATIONS)) == contents(pending)


@given(steps, steps)
def test_a_journal_and_the_changes_after_it_are_the_queue_as_it_is_now(
    before: list[Step],
    more: list[Step],
) -> None:
    written = list(after(before).journal())
    pending = after([*before, *more])
    changes = pending.changes[len(after(before).changes) :]
    assert contents(Pending([*written, *changes], DESTINATIONS)) == contents(pending)


@given(steps)
def test_an_event_from_before_the_crash_is_not_queued_twice(
    script: list[Step],
) -> None:
    records = list(after(script).journal())
    again = Pending(records, DESTINATIONS)
    depth = len(again)
    for record in records:
        if isinstance(record, Queued):
            again.append(record.event)
    assert len(again) == depth
