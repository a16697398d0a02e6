"""The life of an anomaly: from decisions on readings to events that people can answer.

An alarm opens an event once the score has stayed above 1 for the configured hold. While it is open,
further alarms belong to it, and so do other streams of the device that break together with it. It
is told anew from time to time, and at once when it turns out to be of another kind. It ends when
the score has stayed low for a while, or by a command. A stream that falls silent is an anomaly too,
until its next reading. The clock is the time of the readings: the same readings give the same
events, live or replayed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from streamrnn.config import AlertsConfig
from streamrnn.detect.anomaly import Anomaly
from streamrnn.detect.decisions import Decisions
from streamrnn.detect.device import device_of
from streamrnn.detect.incidents import Book, Incidents
from streamrnn.detect.quiet import Quiet
from streamrnn.detect.sentence import Forecast, Sighting, duration
from streamrnn.detect.silence import Rhythm, Silence
from streamrnn.detect.topics import GatewayTopics
from streamrnn.errors import StateError
from streamrnn.records import Event, Kind, Outcome

_LATE: Final = int(Outcome.LATE)  # and above it DUPLICATE: not applied


class _Memory(msgspec.Struct):
    """The tracker's state, for a checkpoint; streams go by name."""

    book: Book
    quiet: Quiet
    suspects: dict[str, float]
    pauses: dict[str, float]


class EventTracker:
    """At most one anomaly per stream, which is named by its slot. One owner.

    Readings of streams without an anomaly or an alarm cost a few array operations per batch.
    """

    def __init__(
        self,
        config: AlertsConfig,
        gateway: str,
        device_of: Callable[[str], str] = device_of,
    ) -> None:
        """device_of: see `ask_for_devices`."""
        topics = GatewayTopics(config.topic_prefix, gateway)
        self._config = config
        self._names: Sequence[str] = ()
        self._watched = np.zeros(0, np.bool_)  # streams of which every reading counts
        self._slots: dict[str, int] = {}  # of streams that had an anomaly
        self._suspects: dict[str, float] = {}  # not told, but above 1 since when, after an alarm
        self._incidents = Incidents(config, topics, device_of)
        self._quiet = Quiet()
        self._silence = Silence()

    def ask_for_devices(self, device_of: Callable[[str], str]) -> None:
        """device_of: tells the device of a stream, which is asked for when the stream breaks."""
        self._incidents.device_of = device_of

    def configure(self, config: AlertsConfig) -> None:
        """New settings for what happens from now on; the topics stay as they are."""
        self._config = config
        self._incidents.config = config

    def observe(
        self,
        names: Sequence[str],
        slots: ArrayLike,
        values: ArrayLike,
        times: ArrayLike,
        decisions: Decisions,
        now: float | NDArray[np.float64] | None = None,
    ) -> list[Event]:
        """The events of one batch, in the order of its readings.

        names: by slot, for all slots there are. slots (int64), values, times (float64) and the
        columns of `decisions` have one length. now: when they arrived, all or each, on the clock of
        `tick`; by default that is the one of the readings.
        """
        self._fit(names)
        rows = np.asarray(slots, np.int64)
        arrived = np.asarray(times, np.float64) if now is None else np.full(len(rows), now)
        self._silence.hear(rows, arrived)
        watched = self._watched
        alarm = decisions.alarm
        if alarm.any():  # what follows the alarm in this batch belongs to its event
            watched = watched.copy()
            watched[rows[alarm]] = True
        notable = watched.take(rows).nonzero()[0]
        if not notable.size:
            return []
        d = decisions
        columns: list[NDArray[Any]] = [rows, d.outcome, d.kind, alarm, d.accepted]
        columns += [np.asarray(times), np.asarray(values)]
        columns += [d.score, d.yhat, d.yhat_lower, d.yhat_upper]
        events = []
        for slot, outcome, kind, alarm, accepted, *seen in zip(
            *(column.take(notable).tolist() for column in columns), strict=True
        ):
            if outcome >= _LATE:
                continue
            event = self._follow(slot, kind, alarm, accepted, _sighting(*seen))
            if event is not None:
                events.append(event)
        return events

    def tick(
        self,
        names: Sequence[str],
        rhythm: Rhythm,
        now: float,
        listening_since: float | NDArray[np.float64] = -math.inf,
    ) -> list[Event]:
        """The events of streams that have been silent for too long, nothing else having arrived by
        `now`.

        now: seconds on a clock that is never set; the same as for `observe`. listening_since: on
        it, since when readings could have arrived, of all streams or of each. What nobody could
        hear is no silence.
        """
        self._fit(names)
        silent = self._silence.lasts(rhythm.readings, now, listening_since)
        patience = self._silence.patience(rhythm, self._config.stale_after)
        events = []
        for slot in np.flatnonzero(silent > patience).tolist():
            last, silence = float(rhythm.time[slot]), float(silent[slot])
            score = round(silence / float(patience[slot]), 6)
            seen = Sighting(last + silence, float(rhythm.value[slot]), score, None)
            usual = float(rhythm.interval[slot]) or None
            event = self._miss(slot, seen, last, usual, float(patience[slot]))
            if event is not None:
                events.append(event)
        return events

    def due(self, names: Sequence[str], rhythm: Rhythm) -> NDArray[np.float64]:
        """When `tick` may next have something to tell of each stream, by slot, unless it is heard
        before; infinite: never. Where the clock of `tick` is the one of the readings."""
        self._fit(names)
        heard_at = self._silence.heard_at(len(rhythm.time))
        patience = self._silence.patience(rhythm, self._config.stale_after)
        due = np.where(np.isnan(heard_at), np.inf, heard_at + patience)
        for stream, slot in self._slots.items():
            behind = heard_at[slot] - rhythm.time[slot]  # by readings that were late
            anomaly = self._incidents.anomaly(stream)
            if anomaly is None:
                due[slot] = max(due[slot], behind + self._quiet.until(stream))
            elif anomaly.kind is Kind.STALE:
                due[slot] = behind + self._incidents.next_update(stream)
        return due

    def rows_before(
        self,
        due: NDArray[np.float64],
        slots: NDArray[np.int64],
        is_reading: NDArray[np.bool_],
        arrived: NDArray[np.float64],
    ) -> int:
        """How many rows of readings can be observed at once without a `tick` in between having
        anything to tell; at least one.

        due: as of `due`. slots: (S,); is_reading: (rows, S); arrived: (rows,), when each row did.
        """
        stale_after = self._config.stale_after
        return self._silence.rows_before(due, slots, is_reading, arrived, stale_after)

    def acknowledge(self, slot: int) -> bool:
        """Somebody takes care: no more updates, but still the end. False: nothing is open."""
        return self._incidents.acknowledge(self._names[slot])

    def snooze(self, slot: int, seconds: float) -> Event | None:
        """No new event until `seconds` after the stream's next reading. Ends an open one."""
        for member in self.concerned(slot):
            self._suspects.pop(self._names[member], None)
            self._quiet.snooze(self._names[member], seconds)
            self._watched[member] = True
        return self._incidents.end(self._names[slot], f"snoozed for {duration(seconds)}")

    def dismiss(self, slot: int) -> Event | None:
        """It was no anomaly: ends the open event."""
        return self._incidents.end(self._names[slot], "dismissed as no anomaly")

    def forget(self, slot: int, why: str = "the stream was reset") -> Event | None:
        """The stream begins anew: ends its open event and its snooze. What other streams of the
        event go through is not over: it is told as another one."""
        for member in self.concerned(slot):
            anomaly = self._incidents.anomaly(self._names[member])
            if anomaly is not None:
                self._suspects[self._names[member]] = anomaly.since
        self._suspects.pop(self._names[slot], None)
        self._quiet.forget(self._names[slot])
        return self._incidents.end(self._names[slot], why)

    def release(self, slot: int, seen: Sighting, why: str) -> Event | None:
        """The stream is given up and its slot is free, before the bank releases it: nothing of it
        is remembered. seen: its last reading, but now."""
        stream = self._names[slot]
        self._incidents.see(stream, seen)
        event = self.forget(slot, why)
        self._incidents.book.opened.pop(stream, None)
        self._slots.pop(stream, None)
        self._watched[slot] = False
        self._silence.forget(slot)
        return event

    def concerned(self, slot: int) -> list[int]:
        """The streams that a command to this one is about: all of an event that bears its name,
        else it alone."""
        streams = self._incidents.concerned(self._names[slot])
        return [self._slots.get(stream, slot) for stream in streams]

    def open_events(self) -> list[Event]:
        """The last event of each anomaly that is open."""
        return self._incidents.open_events()

    def open_by_stream(self) -> dict[str, Event]:
        """The same for each stream that is part of one."""
        return self._incidents.open_by_stream()

    def quiet_until(self, now: float) -> dict[str, float]:
        """When something new is told again of each stream that is or was snoozed or cooling down;
        a snooze begins with the stream's next reading, at the earliest `now`."""
        return self._quiet.ends(now)

    def open_slots(self) -> NDArray[np.int64]:
        """The streams with an anomaly."""
        return np.array([self._slots[name] for name in self._incidents.book.anomalies], np.int64)

    def to_state(self) -> dict[str, Any]:
        """All there is to remember, fit for JSON."""
        pauses = self._silence.pauses(self._names)
        memory = _Memory(self._incidents.book, self._quiet, self._suspects, pauses)
        state: dict[str, Any] = msgspec.to_builtins(memory)
        return state

    def restore(self, names: Sequence[str], state: Mapping[str, Any]) -> None:
        """Takes up what `to_state` returned. Streams that are not in `names` are left out, and with
        them the events that bear their names.

        Raises StateError when `state` is of another form.
        """
        try:
            memory = msgspec.convert(state, _Memory)
        except msgspec.ValidationError as error:
            raise StateError(f"the stored events cannot be read: {error}; start afresh") from error
        slots = {name: slot for slot, name in enumerate(names)}
        self._incidents.book = memory.book.only(slots.keys())
        self._quiet = memory.quiet.only(slots.keys())
        self._suspects = {s: since for s, since in memory.suspects.items() if s in slots}
        self._slots = {name: slots[name] for name in self._incidents.book.anomalies}
        self._fit(names)
        for name in (*self._slots, *self._suspects, *self._quiet.snoozes):
            self._watched[slots[name]] = True
        pauses = {slots[name]: pause for name, pause in memory.pauses.items() if name in slots}
        self._silence.restore(pauses)

    def _fit(self, names: Sequence[str]) -> None:
        """Room for every slot, and some for those to come."""
        self._names = names
        self._silence.fit(len(names))
        if len(names) > len(self._watched):
            watched = np.zeros(2 * len(names), np.bool_)
            watched[: len(self._watched)] = self._watched
            self._watched = watched

    def _follow(
        self, slot: int, kind: int, alarm: bool, accepted: bool, seen: Sighting
    ) -> Event | None:
        """The next reading of a stream that is watched, or that raised an alarm."""
        stream = self._names[slot]
        anomaly = self._incidents.anomaly(stream)
        if anomaly is not None:
            return self._follow_open(stream, anomaly, kind, accepted, seen)
        is_quiet = self._quiet.covers(stream, seen.time)
        if seen.score <= 1.0:
            self._suspects.pop(stream, None)
        elif alarm:
            self._suspects.setdefault(stream, seen.time)
        self._watched[slot] = stream in self._suspects
        if stream not in self._suspects:
            return None
        # A sensor's clock that was set back must not make the hold longer.
        since = self._suspects[stream] = min(self._suspects[stream], seen.time)
        if is_quiet or seen.time - since < self._config.open_after:
            return None
        del self._suspects[stream]
        return self._begin(slot, Anomaly(Kind(kind), since), seen)

    def _follow_open(
        self, stream: str, anomaly: Anomaly, kind: int, accepted: bool, seen: Sighting
    ) -> Event | None:
        if anomaly.kind is Kind.STALE:
            back_after = duration(seen.time - anomaly.since)
            if not anomaly.is_heard_again(kind):
                return self._incidents.go_on(stream, seen)
            why = f"its readings are back after {back_after}"
        elif accepted:
            anomaly.kind = max(anomaly.past, Kind(kind))
            why = "taken as the new normal"
        elif anomaly.follow(kind, seen.score, seen.time, self._config):
            why = "no longer unusual"
        else:
            return self._incidents.go_on(stream, seen)
        self._quiet.cool_down(stream, seen.time, self._config.cooldown)
        return self._incidents.finish(stream, seen, why)

    def _miss(
        self, slot: int, seen: Sighting, last: float, usual: float | None, patience: float
    ) -> Event | None:
        """A stream is silent. seen: its last reading, but now; last: the time of it. usual,
        patience: see `Anomaly`."""
        stream = self._names[slot]
        anomaly = self._incidents.anomaly(stream)
        if anomaly is None:
            if self._quiet.covers(stream, seen.time):
                return None
            return self._begin(slot, Anomaly(Kind.STALE, last, None, usual, patience), seen)
        anomaly.turn_silent(last, usual, patience)
        return self._incidents.go_on(stream, seen)

    def _begin(self, slot: int, anomaly: Anomaly, seen: Sighting) -> Event | None:
        self._watched[slot] = True
        self._slots[self._names[slot]] = slot
        return self._incidents.begin(self._names[slot], anomaly, seen)


def _sighting(
    time: float, value: float, score: float, yhat: float, lower: float, upper: float
) -> Sighting:
    """As they come from the columns."""
    forecast = None if math.isnan(yhat) else Forecast(yhat, lower, upper)
    # six digits: float32 holds no more, and widening it would print seventeen
    return Sighting(time, value, round(score, 6), forecast)
