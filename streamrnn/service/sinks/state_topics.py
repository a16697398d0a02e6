"""The retained state of every stream, for dashboards and for whoever connects later."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import islice
from queue import Empty, SimpleQueue
from typing import Final, NamedTuple, Protocol

import msgspec
import numpy as np

from streamrnn.detect import BankStatus
from streamrnn.detect.topics import GatewayTopics
from streamrnn.records import Event, EventType
from streamrnn.service.sinks.event_json import iso_time
from streamrnn.service.withdrawals import Withdrawals

_REFRESH_SECONDS: Final = 1.0  # states are refreshed in portions, at most so often
_MOST_ON_THEIR_WAY: Final = 50  # withdrawals: no event has to wait for them
_PAUSE_SECONDS: Final = 10.0  # after one that did not get through


class StateLink(Protocol):
    """The part of `MqttLink` that this needs."""

    @property
    def connected(self) -> bool: ...

    def is_denied(self, topic: str) -> bool: ...

    def publish(
        self,
        topic: str,
        payload: bytes,
        *,
        qos: int = ...,
        retain: bool = ...,
        on_done: Callable[[bool], None] | None = ...,
    ) -> bool: ...


class _Numbers(NamedTuple):
    score: float
    value: float
    yhat: float | None
    yhat_lower: float | None
    yhat_upper: float | None


class StateTopics:
    """At once when an anomaly begins or ends, and now and then while readings come. Withdrawn when
    the stream is given up.

    The refreshing is spread over `every_seconds`: thousands of streams must not speak at once.
    """

    def __init__(
        self,
        link: StateLink,
        topics: GatewayTopics,
        every_seconds: float,
        now: float,
        withdrawals: Withdrawals,
    ) -> None:
        """now: monotonic seconds; the first portion is due a while later. withdrawals: part of the
        state; those of before a restart are made up for."""
        self.every_seconds = every_seconds
        self._link = link
        self._topics = topics
        self._withdrawals = withdrawals
        self._on_their_way: set[str] = set()
        self._answers: SimpleQueue[tuple[str, bool]] = SimpleQueue()  # stream, delivered
        self._try_again_at = now
        self._next = 0  # the slot whose turn it is
        self._refreshed_until = now  # the time that the portions so far account for
        self._published = np.zeros(0, np.int64)  # readings at the last publication, by slot
        self._last_kinds: dict[str, str] = {}  # by stream, of the last anomaly since the start

    def emit(self, event: Event) -> None:
        self._last_kinds[event.stream] = event.kind
        numbers = _Numbers(event.score, event.value, event.yhat, event.yhat_lower, event.yhat_upper)
        self._publish(event.stream, numbers, None if event.type is EventType.END else event)

    def forget(self, stream: str, slot: int) -> None:
        """The stream is given up: the broker is to keep nothing of it."""
        self._last_kinds.pop(stream, None)
        if slot < len(self._published):
            self._published[slot] = -1
        self._withdrawals.add(stream)

    def withdraw(self, now: float) -> None:
        """Take back what is left of streams that are gone, a portion at a time. Called a few times
        per second; now: monotonic seconds."""
        self._note_answers(now)
        room = _MOST_ON_THEIR_WAY - len(self._on_their_way)
        if not self._withdrawals or room <= 0 or now < self._try_again_at:
            return
        if not self._link.connected:
            return
        waiting = (s for s in self._withdrawals.to_state() if s not in self._on_their_way)
        for stream in islice(waiting, room):
            topic = self._topics.state(stream)
            if self._link.is_denied(topic):
                self._withdrawals.discard(stream)  # so there is nothing of ours
                continue
            self._on_their_way.add(stream)
            done = partial(self._done, stream)
            self._link.publish(topic, b"", qos=1, retain=True, on_done=done)

    def _done(self, stream: str, delivered: bool) -> None:
        """On the network thread."""
        self._answers.put((stream, delivered))

    def _note_answers(self, now: float) -> None:
        while True:
            try:
                stream, delivered = self._answers.get_nowait()
            except Empty:
                return
            self._on_their_way.discard(stream)
            if delivered:
                self._withdrawals.discard(stream)
            else:
                self._try_again_at = now + _PAUSE_SECONDS

    def due(self, streams: int, now: float) -> int:
        """How many streams to refresh, at `now` (monotonic seconds); most of the time none."""
        elapsed = now - self._refreshed_until
        if elapsed < _REFRESH_SECONDS:
            return 0
        return min(streams, int(min(elapsed / self.every_seconds, 1.0) * streams))

    def refresh(
        self,
        count: int,
        names: Sequence[str],
        status: BankStatus,
        open_events: Mapping[str, Event],
        now: float,
    ) -> None:
        """Publish the next `count` streams; of those without a new reading nothing.

        open_events: the last event of each anomaly that is open, by stream.
        """
        if count == len(names):
            self._refreshed_until = now
        else:
            self._refreshed_until += count * self.every_seconds / len(names)
        known = np.full(len(names), -1, np.int64)
        known[: len(self._published)] = self._published
        self._published = known
        for turn in range(self._next, self._next + count):
            slot = turn % len(names)
            readings = int(status.readings[slot])
            if readings == 0 or readings == known[slot]:
                continue
            known[slot] = readings
            numbers = _Numbers(
                round(float(status.score[slot]), 6),
                float(status.value[slot]),
                float(status.yhat[slot]),
                float(status.yhat_lower[slot]),
                float(status.yhat_upper[slot]),
            )
            self._publish(names[slot], numbers, open_events.get(names[slot]))
        self._next = (self._next + count) % len(names)

    def _publish(self, stream: str, numbers: _Numbers, anomaly: Event | None) -> None:
        """anomaly: the last event of the one that is open, if any."""
        state = {
            "anomaly": "OFF" if anomaly is None else "ON",
            **numbers._asdict(),
            "since": None if anomaly is None else iso_time(anomaly.since),
            "kind": self._last_kinds.get(stream) if anomaly is None else anomaly.kind,
            "message": None if anomaly is None else anomaly.message,
        }
        self._withdrawals.discard(stream)  # it has come back
        topic = self._topics.state(stream)
        self._link.publish(topic, msgspec.json.encode(state), qos=1, retain=True)
