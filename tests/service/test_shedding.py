"""Idle streams give way to new ones, and nothing of them stays."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from streamrnn.config import Config, LimitsConfig
from streamrnn.detect import Bank
from streamrnn.detect.events import EventTracker
from streamrnn.ingest.detection import Formats
from streamrnn.records import Event, EventType, Message, Reason
from streamrnn.service.activity import Activity
from streamrnn.service.redelivery import Redeliveries
from streamrnn.service.sinks import StateTopics
from streamrnn.service.state import State, capture, resume
from streamrnn.service.withdrawals import MOST, Withdrawals
from tests.service.pipeline import ALERTS, DETECTOR, TOPICS, FakeLink, Pipeline, freezer, message

START = 1e9
_STEP = 600.0  # seconds between two readings of a stream that speaks
_IDLE = 14  # steps after which a stream that was silent is idle


def limits(streams: int, per_second: float = 1e9) -> LimitsConfig:
    return LimitsConfig(max_streams=streams, new_streams_per_second=per_second)


def reading(stream: str, step: float, value: float = 20.0) -> Message:
    return message(f"plant/{stream}", f"{value:.3f}", START + step * _STEP)


def spoken(stream: str, first: int, steps: int) -> list[Message]:
    return [reading(stream, step, 20.0 + step % 7) for step in range(first, first + steps)]


class Gateway:
    """A pipeline with the sinks that keep something of each stream."""

    def __init__(self, streams: int, state: State | None = None, per_second: float = 1e9) -> None:
        self.link = FakeLink()
        self.activity = Activity(lambda: 0.0)
        state = state or State(
            Bank(DETECTOR), EventTracker(ALERTS, "gw"), Redeliveries(), Withdrawals(), Formats()
        )
        self.states = StateTopics(self.link, TOPICS, 60.0, 0.0, state.withdrawals)
        sinks = (self.states, self.activity)
        self.pipeline = Pipeline(
            state, sinks, limits=limits(streams, per_second), rememberers=sinks
        )
        self.feed = self.pipeline.feed
        self.bank = state.bank
        self.loop = self.pipeline.loop

    def retained(self) -> dict[str, bytes]:
        """What the broker keeps, by stream."""
        kept: dict[str, bytes] = {}
        for topic, payload, _, _ in self.link.published:
            kept[topic.removeprefix("streamrnn/gw/state/")] = payload
        return {stream: payload for stream, payload in kept.items() if payload}


def full() -> Gateway:
    """Room for two, taken by one that speaks and one that has been idle since step 0."""
    gateway = Gateway(2)
    gateway.feed(reading("idle", 0), *spoken("busy", 0, _IDLE))
    return gateway


def test_an_idle_stream_gives_way_and_the_next_reading_finds_room() -> None:
    gateway = full()
    gateway.feed(reading("new", _IDLE))
    assert set(gateway.bank.slots) == {"plant/busy"}
    assert gateway.loop.ingest.rejected[Reason.TOO_MANY_STREAMS] == 1
    gateway.feed(reading("new", _IDLE + 1))
    assert set(gateway.bank.slots) == {"plant/busy", "plant/new"}
    assert gateway.loop.shedding.total == 1


def test_a_stream_that_speaks_never_gives_way() -> None:
    gateway = Gateway(2)
    for step in range(60):
        gateway.feed(reading("a", step), reading("b", step), reading("new", step))
    assert set(gateway.bank.slots) == {"plant/a", "plant/b"}
    assert gateway.loop.ingest.rejected[Reason.TOO_MANY_STREAMS] == 60


def test_streams_that_are_all_renamed_find_room() -> None:
    """Nobody of those that are known speaks any more."""
    gateway = Gateway(2)
    for step in range(5):
        gateway.feed(reading("a", step), reading("b", step))
    for step in range(5, 25):
        gateway.feed(reading("c", step), reading("d", step))
    assert set(gateway.bank.slots) == {"plant/c", "plant/d"}


def test_who_speaks_in_the_batch_that_wants_room_is_not_idle() -> None:
    gateway = full()
    gateway.feed(reading("idle", _IDLE), reading("new", _IDLE))
    assert set(gateway.bank.slots) == {"plant/busy", "plant/idle"}


def test_one_message_with_the_idle_stream_and_a_new_one_sheds_neither_reading() -> None:
    """Its first field has just spoken; only the second has no room."""
    gateway = Gateway(2)
    gateway.feed(message("plant/d", '{"a": 1}', START), *spoken("busy", 0, _IDLE))
    gateway.feed(message("plant/d", '{"a": 1, "b": 2}', START + _IDLE * _STEP))
    assert set(gateway.bank.slots) == {"plant/d/a", "plant/busy"}
    assert len(gateway.bank.slots) <= 2


def test_who_comes_back_is_a_new_stream() -> None:
    gateway = full()
    gateway.feed(reading("new", _IDLE), reading("new", _IDLE + 1))
    gateway.feed(*spoken("new", _IDLE + 2, 2 * _IDLE), reading("idle", 4 * _IDLE))
    gateway.feed(reading("idle", 4 * _IDLE + 1))
    status = gateway.bank.status()
    assert status.readings[gateway.bank.slots["plant/idle"]] == 1


def test_new_streams_push_out_no_more_than_may_come() -> None:
    """A flood of names must not cost the memory of all streams that are silent at night."""
    gateway = Gateway(20, per_second=1.0)
    for n in range(19):
        gateway.feed(reading(f"night{n}", n / 100))
    gateway.feed(*spoken("busy", 1, 3 * _IDLE))
    at = 3 * _IDLE + 1
    gateway.feed(*(reading(f"flood{n}", at + n / 1e6) for n in range(500)))
    assert gateway.loop.shedding.total <= 2


def test_a_lower_limit_is_come_down_to_as_streams_fall_idle() -> None:
    gateway = Gateway(10)
    gateway.feed(*(reading(f"s{n}", 0) for n in range(9)), *spoken("busy", 0, _IDLE))
    smaller = Gateway(4, gateway.pipeline.state)
    smaller.feed(reading("new", _IDLE), reading("new", _IDLE + 1))
    assert len(smaller.bank.slots) == 4
    assert smaller.loop.shedding.total == 7


def ill() -> tuple[Gateway, Event]:
    """Full, and the idle stream broke with its last readings."""
    gateway = Gateway(2)
    opened = gateway.feed(*freezer(0, 300), *freezer(300, 310, warmer_by=8.0))
    assert [event.type for event in opened][:1] == [EventType.NEW]
    gateway.feed(*spoken("busy", 1, _IDLE))
    return gateway, opened[0]


def test_the_anomaly_of_a_stream_that_is_given_up_ends_and_nothing_of_it_stays() -> None:
    gateway, opened = ill()
    assert "plant/freezer" in gateway.retained()
    assert gateway.activity.opened
    (end,) = gateway.feed(reading("new", _IDLE + 1))
    assert (end.id, end.type) == (opened.id, EventType.END)
    assert "given up to make room" in end.message
    assert gateway.pipeline.state.tracker.open_events() == []
    assert not gateway.activity.opened
    assert gateway.activity.held() == []
    gateway.states.withdraw(1.0)
    assert gateway.retained() == {}
    gateway.states.withdraw(2.0)
    assert len(gateway.pipeline.state.withdrawals) == 0
    rest = json.dumps(gateway.pipeline.state.tracker.to_state())
    assert "freezer" not in rest


def test_what_was_not_withdrawn_yet_is_withdrawn_after_a_restart() -> None:
    gateway, _ = ill()
    gateway.link.connected = False
    gateway.feed(reading("new", _IDLE + 1))
    gateway.states.withdraw(1.0)
    heir = Gateway(2, restarted(gateway.pipeline.state))
    heir.link.published = gateway.link.published
    heir.states.withdraw(1.0)
    assert heir.retained() == {}


def test_what_does_not_get_through_is_tried_again() -> None:
    gateway, _ = ill()
    gateway.feed(reading("new", _IDLE + 1))
    gateway.link.delivers = False
    gateway.states.withdraw(1.0)
    gateway.link.delivers = True
    gateway.states.withdraw(2.0)
    assert "plant/freezer" in gateway.retained()
    gateway.states.withdraw(13.0)
    assert gateway.retained() == {}


def test_the_state_of_a_stream_that_has_come_back_is_not_withdrawn() -> None:
    gateway = full()
    gateway.feed(*spoken("new", _IDLE, 2 * _IDLE))
    gateway.feed(reading("idle", 3 * _IDLE), reading("idle", 3 * _IDLE + 1))
    assert "plant/idle" in gateway.bank.slots
    gateway.states.refresh(
        len(gateway.bank.names), gateway.bank.names, gateway.bank.status(), {}, 60.0
    )
    gateway.states.withdraw(61.0)
    assert "plant/idle" in gateway.retained()


def test_withdrawals_are_bounded() -> None:
    withdrawals = Withdrawals(f"s{n}" for n in range(MOST))
    withdrawals.add("one more")
    assert (len(withdrawals), withdrawals.given_up) == (MOST, 1)
    assert "s0" not in withdrawals


def test_a_slot_that_is_free_is_no_stream_to_commands() -> None:
    gateway = full()
    gateway.feed(reading("new", _IDLE))
    assert gateway.feed(message(TOPICS.command(""), "reset")) == []
    assert set(gateway.bank.slots) == {"plant/busy"}


def restarted(state: State) -> State:
    """As after a crash right behind a checkpoint."""
    arrays, facts = capture(state)
    config = Config(detector=DETECTOR, alerts=ALERTS, gateway={"name": "gw"})
    return resume(arrays, json.loads(json.dumps(facts)), config, None)


_TENANTS = "abcdef"
_visits = st.lists(
    st.tuples(
        st.sampled_from(_TENANTS), st.sampled_from([0.001, 0.5, 1.0, 3.0]), st.integers(0, 3)
    ),
    min_size=10,
    max_size=120,
)


def messages_of(visits: Sequence[tuple[str, float, int]]) -> list[Message]:
    messages, at = [], 0.0
    for n, (stream, step, value) in enumerate(visits):
        at += step
        topic, text = f"plant/{stream}", f"{20.0 + value}"
        messages.append(
            Message(topic, text.encode(), 1, False, False, n + 1, 1, START + at * _STEP)
        )
    return messages


def remembered(gateway: Gateway) -> dict[str, Any]:
    arrays, facts = capture(gateway.pipeline.state)
    facts["tracker"]["pauses"] = facts["withdrawals"] = None  # by the wall's clock
    kept = {name: array for name, array in arrays.items() if not name.startswith("redelivery")}
    return {name: array.tobytes() for name, array in kept.items()} | facts


def different(one: Gateway, other: Gateway) -> list[str]:
    """Names of what is not bit-equal."""
    second = remembered(other)
    return [name for name, value in remembered(one).items() if value != second[name]]


def keys(events: Sequence[Event]) -> list[tuple[str, str, float]]:
    return [(event.id, event.type.value, event.time) for event in events]


@settings(max_examples=60, deadline=None)
@given(_visits, st.lists(st.integers(1, 40), min_size=1, max_size=20))
def test_batches_of_any_size_shed_the_same(
    visits: list[tuple[str, float, int]], sizes: list[int]
) -> None:
    messages = messages_of(visits)
    whole, parts = Gateway(3), Gateway(3)
    events = whole.feed(*messages)
    told = []
    rest = messages
    for size in sizes * len(messages):
        told += parts.feed(*rest[:size])
        rest = rest[size:]
    assert keys(told) == keys(events)
    assert not different(parts, whole)


@settings(max_examples=60, deadline=None)
@given(_visits, st.integers(0, 120), st.integers(0, 120))
def test_a_crash_at_any_moment_changes_nothing(
    visits: list[tuple[str, float, int]], saved: int, died: int
) -> None:
    """A checkpoint after `saved` messages; what came after it comes again."""
    messages = messages_of(visits)
    undisturbed, victim = Gateway(3), Gateway(3)
    events = undisturbed.feed(*messages)
    told = victim.feed(*messages[:saved])
    at_hand = restarted(victim.pipeline.state)
    told += victim.feed(*messages[saved : saved + died])
    heir = Gateway(3, at_hand)
    told += heir.feed(*messages[saved:])
    assert set(keys(told)) == set(keys(events))
    assert not different(heir, undisturbed)
