"""What the page shows, as plain structs: the JSON of `/api/overview` and `/api/streams`.

Pure: a snapshot in, structs out. Unknown numbers (NaN) become null when msgspec writes them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from streamrnn import __version__
from streamrnn.records import HARMLESS, Event
from streamrnn.service.fleet import ANOMALY, NORMAL, STATES, WARMING, FleetSnapshot
from streamrnn.service.health import Verdict
from streamrnn.service.left_out import MEANING
from streamrnn.service.metrics import label_value
from streamrnn.service.trail import Point

MAX_STREAMS = 1000

Trails: TypeAlias = Callable[[str], list[Point]]
"""What was of a stream, by its name."""


class StreamView(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the table.

    title: what the payload's format calls it.
    state: "anomaly" while one is open; kind, since: of that. active: one is, or was a moment ago.
    quiet_until: snoozed or cooling down, nothing new is told of it before.
    warm_up: share of the warm-up done, 0 to 1; warm_up_seconds: until it is done, roughly.
    time: Unix seconds, of the last reading. trail: what was, where it was asked for.
    """

    name: str
    device: str
    title: str
    unit: str
    state: str
    kind: str
    since: float
    active: bool
    quiet_until: float
    warm_up: float
    warm_up_seconds: float
    value: float
    yhat: float
    yhat_lower: float
    yhat_upper: float
    score: float
    skill_ratio: float
    interval: float
    time: float
    trail: list[Point]


class StreamPage(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of the streams that match, those with an anomaly first, then by name."""

    time: float
    total: int
    matched: int
    offset: int
    streams: list[StreamView]


class AnomalyView(msgspec.Struct, frozen=True, kw_only=True):
    """also: other streams of the device that broke together with it."""

    stream: str
    also: list[str]
    kind: str
    since: float
    score: float
    message: str


class DroppedView(msgspec.Struct, frozen=True, kw_only=True):
    """What did not reach the detector since the start. harmless: as it should be."""

    reason: str
    count: int
    harmless: bool
    meaning: str


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """problems: why the gateway is not alive or not ready, by part; empty when it is both."""

    gateway: str
    version: str
    time: float
    connected: bool
    ready: bool
    problems: dict[str, str]
    messages_total: int
    readings_total: int
    streams: dict[str, int]
    anomalies: list[AnomalyView]
    dropped: list[DroppedView]


def overview(snapshot: FleetSnapshot, ready: Verdict) -> Overview:
    counts = np.bincount(_states(snapshot), minlength=len(STATES)).tolist()
    anomalies = [
        AnomalyView(
            stream=label_value(event.stream),
            also=[label_value(name) for name in event.also],
            kind=event.kind,
            since=event.since,
            score=round(event.score, 3),
            message=label_value(event.message),
        )
        for event in sorted(snapshot.open_events, key=lambda event: event.since, reverse=True)
    ]
    dropped = [
        DroppedView(
            reason=reason.value, count=count, harmless=reason in HARMLESS, meaning=MEANING[reason]
        )
        for reason, count in sorted(snapshot.dropped.items(), key=lambda item: -item[1])
        if count
    ]
    return Overview(
        gateway=label_value(snapshot.gateway),
        version=__version__,
        time=snapshot.time,
        connected=snapshot.connected,
        ready=ready.ok,
        problems=ready.problems,
        messages_total=snapshot.messages_total,
        readings_total=snapshot.readings_total,
        streams=dict(zip(STATES, counts, strict=True)),
        anomalies=anomalies[:MAX_STREAMS],
        dropped=dropped,
    )


def streams(
    snapshot: FleetSnapshot,
    *,
    query: str,
    limit: int,
    offset: int,
    state: str = "",
    trails: Trails | None = None,
) -> StreamPage:
    """The streams whose name contains `query`, in any case, and that are in the state, if any."""
    wanted, states = query.casefold(), _states(snapshot).tolist()
    anomaly = STATES.index(ANOMALY)
    slots = [
        slot
        for slot, name in enumerate(snapshot.names)
        if wanted in name.casefold() and state in ("", STATES[states[slot]])
    ]
    slots.sort(key=lambda slot: (states[slot] != anomaly, snapshot.names[slot]))
    events = _open_by_stream(snapshot)
    return StreamPage(
        time=snapshot.time,
        total=len(snapshot.names),
        matched=len(slots),
        offset=offset,
        streams=[
            _view(snapshot, slot, STATES[states[slot]], events, trails)
            for slot in slots[offset:][:limit]
        ],
    )


def _open_by_stream(snapshot: FleetSnapshot) -> dict[str, Event]:
    """By every stream that is part of the anomaly."""
    return {name: event for event in snapshot.open_events for name in (*event.also, event.stream)}


def _states(snapshot: FleetSnapshot) -> NDArray[np.uint8]:
    """One index into `STATES` per slot. Other than for a scrape, which may come late, an anomaly
    that is over is over."""
    normal, warming = STATES.index(NORMAL), STATES.index(WARMING)
    states = np.where(snapshot.status.warm_up_left > 0, warming, normal).astype(np.uint8)
    broken = _open_by_stream(snapshot)
    if broken:
        states[[name in broken for name in snapshot.names]] = STATES.index(ANOMALY)
    return states


def _view(
    snapshot: FleetSnapshot,
    slot: int,
    state: str,
    events: dict[str, Event],
    trails: Trails | None,
) -> StreamView:
    status, name = snapshot.status, snapshot.names[slot]
    readings, left = int(status.readings[slot]), int(status.warm_up_left[slot])
    interval = float(status.interval[slot])
    event, label = events.get(name), snapshot.label(name)
    return StreamView(
        name=label_value(name),
        device=label_value(snapshot.device(name)),
        title=label_value(label.name),
        unit=label_value(label.unit),
        state=state,
        kind=event.kind if event else "",
        since=event.since if event else float("nan"),
        active=bool(snapshot.anomaly_active[slot]),
        quiet_until=_quiet_until(snapshot, slot),
        warm_up=readings / (readings + left) if left else 1.0,
        warm_up_seconds=left * interval if left else 0.0,
        value=float(status.value[slot]),
        yhat=float(status.yhat[slot]),
        yhat_lower=float(status.yhat_lower[slot]),
        yhat_upper=float(status.yhat_upper[slot]),
        score=round(float(status.score[slot]), 6),
        skill_ratio=round(float(status.skill_ratio[slot]), 6),
        interval=interval,
        time=float(status.time[slot]),
        trail=trails(name) if trails else [],
    )


def _quiet_until(snapshot: FleetSnapshot, slot: int) -> float:
    """NaN when the stream is not quiet, by the time of its readings."""
    until = snapshot.quiet_until.get(snapshot.names[slot], math.nan)
    return math.nan if until <= snapshot.status.time[slot] else until
