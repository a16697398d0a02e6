"""The queue of alerts as such: what its journal must bring back."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from streamrnn.records import Event, EventType
from streamrnn.service.outbox.journal import decode, encode
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


LIVES = ("new", "update", "end")
acts = st.lists(
    st.sampled_from(("step", "step", "step", "tell", "tell", "save", "crash")),
    min_size=8,
    max_size=60,
)


def courses(anomalies: list[int]) -> list[Event]:
    """Each number stands for the next step of that anomaly; after its end it begins another."""
    steps: Counter[int] = Counter()
    events = []
    for number, anomaly in enumerate(anomalies):
        life, step = divmod(steps[anomaly], len(LIVES))
        steps[anomaly] += 1
        events.append(event(number, EventType(LIVES[step]), id=f"{anomaly}.{life}"))
    return events


@given(st.lists(st.integers(0, 2), max_size=15))
def test_an_event_from_before_the_crash_is_not_queued_twice(anomalies: list[int]) -> None:
    pending = Pending([], DESTINATIONS)
    for each in courses(anomalies):
        pending.append(each)
    again = Pending(list(pending.journal()), DESTINATIONS)
    for each in courses(anomalies):
        again.append(each)
    assert len(again) == len(anomalies)


@settings(max_examples=500)
@given(st.lists(st.integers(0, 2), min_size=6, max_size=15), acts)
def test_whatever_crashes_and_comes_again_each_anomaly_is_told_to_its_end(
    anomalies: list[int], acts: list[str]
) -> None:
    """The last that anybody hears of an anomaly is its last step, and so it is known here."""
    events = courses(anomalies)
    pending, told = Pending([], ["mqtt"]), []
    position = saved = 0

    def tell() -> None:
        for waiting in pending.after("mqtt", 0, pending.last)[:1]:
            told.append(pending[waiting])
            pending.confirm("mqtt", waiting)

    for act in acts:
        match act:
            case "step" if position < len(events):
                pending.append(events[position])
                position += 1
            case "tell":
                tell()
            case "save":
                saved = position
            case "crash":
                pending, position = Pending(list(pending.journal()), ["mqtt"]), saved
    for rest in events[position:]:
        pending.append(rest)
    while pending.depth("mqtt"):
        tell()
    last = {each.id: each for each in events}
    assert {each.id: each for each in told} == last
    assert set(told) == set(events)
    still_open = {id for id, each in last.items() if each.type is not EventType.END}
    assert set(pending.open) == still_open
