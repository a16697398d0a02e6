"""What the page shows, as plain structs: the JSON of `/api/overview` and `/api/streams`.

Pure: a snapshot in, structs out. Unknown numbers (NaN) become null when msgspec writes them.
"""

from __future__ import annotations

import msgspec
import numpy as np

from streamrnn import __version__
from streamrnn.service.fleet import ANOMALY, STATES, FleetSnapshot
from streamrnn.service.health import Verdict
from streamrnn.service.metrics import label_value

MAX_STREAMS = 1000


class StreamView(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the table. warm_up: share of the warm-up done, 0 to 1; time: Unix seconds."""

    name: str
    state: str
    active: bool
    warm_up: float
    value: float
    yhat: float
    yhat_lower: float
    yhat_upper: float
    score: float
    skill_ratio: float
    time: float


class StreamPage(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of the streams that match, those with an anomaly first, then by name."""

    time: float
    total: int
    matched: int
    offset: int
    streams: list[StreamView]


class AnomalyView(msgspec.Struct, frozen=True, kw_only=True):
    stream: str
    kind: str
    since: float
    score: float
    message: str


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


def overview(snapshot: FleetSnapshot, ready: Verdict) -> Overview:
    counts = np.bincount(snapshot.states(), minlength=len(STATES)).tolist()
    anomalies = [
        AnomalyView(
            stream=label_value(event.stream),
            kind=event.kind,
            since=event.since,
            score=round(event.score, 3),
            message=label_value(event.message),
        )
        for event in sorted(snapshot.open_events, key=lambda event: event.since, reverse=True)
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
    )


def streams(snapshot: FleetSnapshot, *, query: str, limit: int, offset: int) -> StreamPage:
    """The streams whose name contains `query`, in any case."""
    wanted, states = query.casefold(), snapshot.states().tolist()
    anomaly = STATES.index(ANOMALY)
    slots = [slot for slot, name in enumerate(snapshot.names) if wanted in name.casefold()]
    slots.sort(key=lambda slot: (states[slot] != anomaly, snapshot.names[slot]))
    return StreamPage(
        time=snapshot.time,
        total=len(snapshot.names),
        matched=len(slots),
        offset=offset,
        streams=[_view(snapshot, slot, STATES[states[slot]]) for slot in slots[offset:][:limit]],
    )


def _view(snapshot: FleetSnapshot, slot: int, state: str) -> StreamView:
    status = snapshot.status
    readings, left = int(status.readings[slot]), int(status.warm_up_left[slot])
    return StreamView(
        name=label_value(snapshot.names[slot]),
        state=state,
        active=bool(snapshot.anomaly_active[slot]),
        warm_up=readings / (readings + left) if left else 1.0,
        value=float(status.value[slot]),
        yhat=float(status.yhat[slot]),
        yhat_lower=float(status.yhat_lower[slot]),
        yhat_upper=float(status.yhat_upper[slot]),
        score=round(float(status.score[slot]), 6),
        skill_ratio=round(float(status.skill_ratio[slot]), 6),
        time=float(status.time[slot]),
    )
