"""The life of an anomaly: from decisions on readings to events that people can answer.

An alarm opens an event. While it is open, further alarms belong to it; it is reported anew from
time to time, and at once when its kind becomes a graver one. It ends when the score has stayed low
for a while, or by a command. The clock is the time of the readings: the same readings give the
same events, live or replayed.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from streamrnn.config import AlertsConfig
from streamrnn.detect.anomaly import Anomaly
from streamrnn.detect.bank import Decisions
from streamrnn.detect.sentence import Forecast, Sighting, describe, duration, verdict
from streamrnn.detect.topics import GatewayTopics
from streamrnn.errors import StateError
from streamrnn.records import Event, EventType, Kind, Outcome

T = TypeVar("T")

_LATE: Final = int(Outcome.LATE)  # and above it DUPLICATE: not applied


class _Memory(msgspec.Struct):
    """The tracker's state by the names of the streams, for a checkpoint."""

    opened: dict[str, int]
    open: dict[str, Anomaly]
    snooze_until: dict[str, float]
    snooze_seconds: dict[str, float]


class EventTracker:
    """At most one open event per stream, which is named by its slot. One owner.

    Readings of streams without an open event or an alarm cost a few array operations per batch.
    """

    def __init__(self, config: AlertsConfig, gateway: str) -> None:
        self._config = config
        self._topics = GatewayTopics(config.topic_prefix, gateway)
        self._names: Sequence[str] = ()
        self._watched = np.zeros(0, np.bool_)  # has an open event, or a snooze about to begin
        self._open: dict[int, Anomaly] = {}
        self._latest: dict[int, list[float]] = {}  # of streams with an open event; see `_sighting`
        self._opened: dict[int, int] = {}  # events so far
        self._snooze_until: dict[int, float] = {}
        self._snooze_seconds: dict[int, float] = {}  # begins with the stream's next reading

    def configure(self, config: AlertsConfig) -> None:
        """New settings for what happens from now on; the topics stay as they are."""
        self._config = config

    def observe(
        self,
        names: Sequence[str],
        slots: ArrayLike,
        values: ArrayLike,
        times: ArrayLike,
        decisions: Decisions,
    ) -> list[Event]:
        """The events of one batch, in the order of its readings.

        names: by slot, for all slots there are. slots (int64), values, times (float64) and the
        columns of `decisions` have one length.
        """
        self._fit(names)
        rows = np.asarray(slots, np.int64)
        watched = self._watched
        if decisions.alarm.any():  # what follows the alarm in this batch belongs to its event
            watched = watched.copy()
            watched[rows[decisions.alarm]] = True
        notable = watched.take(rows).nonzero()[0]
        if not notable.size:
            return []
        d = decisions
        columns: list[NDArray[Any]] = [rows, d.outcome, d.kind, d.alarm]
        columns += [np.asarray(times), np.asarray(values)]
        columns += [d.score, d.yhat, d.yhat_lower, d.yhat_upper]
        events = []
        for slot, outcome, kind, alarm, *seen in zip(
            *(column.take(notable).tolist() for column in columns), strict=True
        ):
            if outcome >= _LATE:
                continue
            event = self._follow(slot, kind, alarm, seen)
            if event is not None:
                events.append(event)
        return events

    def acknowledge(self, slot: int) -> bool:
        """Somebody takes care: no more updates, but still the end. False: nothing is open."""
        anomaly = self._open.get(slot)
        if anomaly is not None:
            anomaly.acknowledged = True
        return anomaly is not None

    def snooze(self, slot: int, seconds: float) -> Event | None:
        """No new event until `seconds` after the stream's next reading. Ends an open one."""
        self._snooze_until.pop(slot, None)
        event = self._end(slot, f"snoozed for {duration(seconds)}")
        self._snooze_seconds[slot] = seconds
        self._watched[slot] = True
        return event

    def dismiss(self, slot: int) -> Event | None:
        """It was no anomaly: ends the open event."""
        return self._end(slot, "dismissed as no anomaly")

    def forget(self, slot: int) -> Event | None:
        """The stream begins anew: ends its open event and its snooze."""
        self._snooze_until.pop(slot, None)
        self._snooze_seconds.pop(slot, None)
        event = self._end(slot, "the stream was reset")
        self._watched[slot] = False
        return event

    def open_events(self) -> list[Event]:
        """The last event of each anomaly that is open."""
        return [anomaly.event for anomaly in self._open.values()]

    def open_slots(self) -> NDArray[np.int64]:
        """The streams with an open event."""
        return np.fromiter(self._open, np.int64, len(self._open))

    def to_state(self) -> dict[str, Any]:
        """All there is to remember, fit for JSON."""
        memory = _Memory(
            opened=self._by_name(self._opened),
            open=self._by_name(self._open),
            snooze_until=self._by_name(self._snooze_until),
            snooze_seconds=self._by_name(self._snooze_seconds),
        )
        state: dict[str, Any] = msgspec.to_builtins(memory)
        return state

    def restore(self, names: Sequence[str], state: Mapping[str, Any]) -> None:
        """Takes up what `to_state` returned. Streams that are not in `names` are left out.

        Raises StateError when `state` is of another form.
        """
        try:
            memory = msgspec.convert(state, _Memory)
        except msgspec.ValidationError as error:
            raise StateError(f"the stored events cannot be read: {error}; start afresh") from error
        slots = {name: slot for slot, name in enumerate(names)}
        self._opened = _by_slot(memory.opened, slots)
        self._open = _by_slot(memory.open, slots)
        self._snooze_until = _by_slot(memory.snooze_until, slots)
        self._snooze_seconds = _by_slot(memory.snooze_seconds, slots)
        self._fit(names)
        self._watched[[*self._open, *self._snooze_seconds]] = True

    def _fit(self, names: Sequence[str]) -> None:
        """Room for every slot, and some for those to come."""
        self._names = names
        if len(names) > len(self._watched):
            watched = np.zeros(2 * len(names), np.bool_)
            watched[: len(self._watched)] = self._watched
            self._watched = watched

    def _follow(self, slot: int, kind: int, alarm: bool, seen: list[float]) -> Event | None:
        """seen: as for `_sighting`; begins with the time."""
        anomaly = self._open.get(slot)
        if anomaly is not None:
            return self._follow_open(slot, anomaly, kind, seen)
        time = seen[0]
        if slot in self._snooze_seconds:
            self._snooze_until[slot] = time + self._snooze_seconds.pop(slot)
            self._watched[slot] = False
        if not alarm or self._is_snoozed(slot, time):
            return None
        return self._begin(slot, Kind(kind), _sighting(seen))

    def _follow_open(
        self, slot: int, anomaly: Anomaly, kind: int, seen: list[float]
    ) -> Event | None:
        self._latest[slot] = seen
        step = anomaly.follow(kind, seen[2], seen[0], self._config)
        if step is None:
            return None
        if step is EventType.END:
            return self._end(slot, "no longer unusual")
        return self._update(slot, anomaly)

    def _is_snoozed(self, slot: int, time: float) -> bool:
        until = self._snooze_until.get(slot)
        if until is None:
            return False
        if time >= until:
            del self._snooze_until[slot]
        return time < until

    def _begin(self, slot: int, kind: Kind, seen: Sighting) -> Event:
        count = self._opened.get(slot, 0) + 1
        self._opened[slot] = count
        identity = repr((self._topics.gateway, self._names[slot], seen.time, count)).encode()
        event_id = hashlib.blake2b(identity, digest_size=8).hexdigest()
        event = self._event(EventType.NEW, slot, event_id, kind, seen.time, seen)
        self._open[slot] = Anomaly(event_id, kind, seen.time, seen.time, event)
        self._watched[slot] = True
        return event

    def _update(self, slot: int, anomaly: Anomaly) -> Event:
        seen = _sighting(self._latest[slot])
        anomaly.event = self._event(
            EventType.UPDATE, slot, anomaly.id, anomaly.kind, anomaly.since, seen
        )
        return anomaly.event

    def _end(self, slot: int, why: str) -> Event | None:
        """Ends the anomaly of a stream, if one is open."""
        anomaly = self._open.pop(slot, None)
        if anomaly is None:
            return None
        self._watched[slot] = slot in self._snooze_seconds
        latest = self._latest.pop(slot, None)  # None: no reading since the restart
        seen = _seen_in(anomaly.event) if latest is None else _sighting(latest)
        return self._event(EventType.END, slot, anomaly.id, anomaly.kind, anomaly.since, seen, why)

    def _event(
        self,
        step: EventType,
        slot: int,
        event_id: str,
        kind: Kind,
        since: float,
        seen: Sighting,
        why_ended: str = "",
    ) -> Event:
        stream = self._names[slot]
        lasted = max(0.0, seen.time - since)
        message = describe(stream, seen, lasted, why_ended or verdict(kind, seen))
        if self._config.commands and not why_ended:
            message += f' Snooze: publish "snooze 2h" to {self._topics.command(stream)}'
        yhat, lower, upper = seen.forecast or (None, None, None)
        return Event(
            id=event_id,
            type=step,
            gateway=self._topics.gateway,
            stream=stream,
            kind=kind.name.lower(),
            time=seen.time,
            since=since,
            value=seen.value,
            score=seen.score,
            yhat=yhat,
            yhat_lower=lower,
            yhat_upper=upper,
            message=message,
        )

    def _by_name(self, column: Mapping[int, T]) -> dict[str, T]:
        return {self._names[slot]: value for slot, value in column.items()}


def _sighting(seen: list[float]) -> Sighting:
    """seen: time, value, score, yhat, yhat_lower, yhat_upper as they come from the columns."""
    time, value, score, yhat, lower, upper = seen
    forecast = None if math.isnan(yhat) else Forecast(yhat, lower, upper)
    # six digits: float32 holds no more, and widening it would print seventeen
    return Sighting(time, value, round(score, 6), forecast)


def _seen_in(event: Event) -> Sighting:
    forecast = None
    if event.yhat is not None and event.yhat_lower is not None and event.yhat_upper is not None:
        forecast = Forecast(event.yhat, event.yhat_lower, event.yhat_upper)
    return Sighting(event.time, event.value, event.score, forecast)


def _by_slot(column: Mapping[str, T], slots: Mapping[str, int]) -> dict[int, T]:
    return {slots[name]: value for name, value in column.items() if name in slots}
