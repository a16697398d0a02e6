"""Where events go: the events topic, the retained state of their stream, the log."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Protocol

import msgspec
import numpy as np

from streamrnn.detect import BankStatus
from streamrnn.detect.topics import GatewayTopics
from streamrnn.records import Event, EventType

log = logging.getLogger("streamrnn.alerts")

_REFRESH_SECONDS: Final = 1.0  # states are refreshed in portions, at most so often


class Publisher(Protocol):
    """The part of `MqttLink` that sinks need."""

    def publish(
        self, topic: str, payload: bytes, *, qos: int = ..., retain: bool = ...
    ) -> bool: ...


class Sink(Protocol):
    def emit(self, event: Event) -> None: ...


def iso_time(seconds: float) -> str:
    """Unix seconds as ISO 8601 in UTC, to the millisecond."""
    text = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def event_json(event: Event) -> bytes:
    """As on the events topic; what is not known, or not finite, is null."""
    fields: dict[str, Any] = msgspec.structs.asdict(event)
    fields |= {"time": iso_time(event.time), "since": iso_time(event.since)}
    return msgspec.json.encode(fields)


class EventTopic:
    """Every event, at least once, not retained."""

    def __init__(self, publisher: Publisher, topics: GatewayTopics) -> None:
        self._publisher = publisher
        self._topic = topics.events

    def emit(self, event: Event) -> None:
        if not self._publisher.publish(self._topic, event_json(event), qos=1):
            data = {"stream": event.stream, "id": event.id, "type": event.type.value}
            data["reason"] = "the outbox is full of events: the broker has been away for too long"
            log.error("event_not_sent", extra={"data": data})


class EventLog:
    """One line per event; its sentence is the text that people get everywhere else."""

    _NAMES: Final = {
        EventType.NEW: (logging.WARNING, "anomaly"),
        EventType.UPDATE: (logging.INFO, "anomaly_goes_on"),
        EventType.END: (logging.WARNING, "anomaly_end"),
    }

    def emit(self, event: Event) -> None:
        level, name = self._NAMES[event.type]
        data = {
            "stream": event.stream,
            "kind": event.kind,
            "id": event.id,
            "score": round(event.score, 2),
            "message": event.message,
        }
        log.log(level, name, extra={"data": data})


class StateTopics:
    """The retained state of every stream: at once when an anomaly begins or ends, and now and
    then while readings come.

    The refreshing is spread over `every_seconds`: thousands of streams must not speak at once.
    """

    def __init__(
        self, publisher: Publisher, topics: GatewayTopics, every_seconds: float, now: float
    ) -> None:
        """now: monotonic seconds; the first portion is due a while later."""
        self.every_seconds = every_seconds
        self._publisher = publisher
        self._topics = topics
        self._next = 0  # the slot whose turn it is
        self._refreshed_until = now  # the time that the portions so far account for
        self._published = np.zeros(0, np.int64)  # readings at the last publication, by slot

    def emit(self, event: Event) -> None:
        is_on = event.type is not EventType.END
        forecast = (event.yhat, event.yhat_lower, event.yhat_upper)
        since = event.since if is_on else None
        self._publish(event.stream, since, event.score, event.value, *forecast)

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
        open_since: Mapping[str, float],
        now: float,
    ) -> None:
        """Publish the next `count` streams; of those without a new reading nothing."""
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
            self._publish(
                names[slot],
                open_since.get(names[slot]),
                round(float(status.score[slot]), 6),
                float(status.value[slot]),
                float(status.yhat[slot]),
                float(status.yhat_lower[slot]),
                float(status.yhat_upper[slot]),
            )
        self._next = (self._next + count) % len(names)

    def _publish(
        self,
        stream: str,
        since: float | None,
        score: float,
        value: float,
        yhat: float | None,
        yhat_lower: float | None,
        yhat_upper: float | None,
    ) -> None:
        state = {
            "anomaly": "OFF" if since is None else "ON",
            "score": score,
            "value": value,
            "yhat": yhat,
            "yhat_lower": yhat_lower,
            "yhat_upper": yhat_upper,
            "since": None if since is None else iso_time(since),
        }
        topic = self._topics.state(stream)
        self._publisher.publish(topic, msgspec.json.encode(state), qos=1, retain=True)
