"""Judged readings made by hand, and a tracker to observe them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from streamrnn.config import AlertsConfig
from streamrnn.detect import Decisions
from streamrnn.detect.events import EventTracker
from streamrnn.records import Event, EventType, Kind, Outcome

NEW, UPDATE, END = EventType.NEW, EventType.UPDATE, EventType.END


class Seen(NamedTuple):
    """One judged reading of a slot."""

    time: float
    score: float = 0.2
    alarm: bool = False
    kind: Kind = Kind.NONE
    slot: int = 0
    outcome: Outcome = Outcome.NORMAL
    value: float = -9.1
    yhat: float = -18.4
    accepted: bool = False


def alarm(time: float, kind: Kind = Kind.UNEXPECTED, **fields: Any) -> Seen:
    return Seen(time, 1.7, True, kind, **fields)


def high(time: float, kind: Kind = Kind.UNEXPECTED, **fields: Any) -> Seen:
    return Seen(time, 1.7, False, kind, **fields)


NAMES = ["freezer/temperature", "door", "pump/current", "freezer/humidity", "freezer/power"]


def tracker(**settings: Any) -> EventTracker:
    settings = {"update_every": "5m", "close_after": "10m", "cooldown": "0s"} | settings
    return EventTracker(AlertsConfig(**settings), "gw")


def observe(
    events: EventTracker,
    *readings: Seen,
    names: Sequence[str] = NAMES,
    now: float | None = None,
) -> list[Event]:
    """All in one batch."""
    yhat = np.array([r.yhat for r in readings])
    decisions = Decisions(
        np.array([r.outcome for r in readings], np.uint8),
        np.array([r.score for r in readings], np.float32),
        np.array([r.kind for r in readings], np.uint8),
        np.array([r.alarm for r in readings], np.bool_),
        yhat,
        yhat - 0.6,
        yhat + 0.7,
        np.array([r.accepted for r in readings], np.bool_),
    )
    columns = zip(*((r.slot, r.value, r.time) for r in readings), strict=True)
    slots, values, times = columns
    batch = np.array(slots), np.array(values), np.array(times)
    return events.observe(names, *batch, decisions, now)


def types(events: Sequence[Event]) -> list[EventType]:
    return [event.type for event in events]
