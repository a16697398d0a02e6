"""Incidents -> events: what is told of one at each step of its life."""

from __future__ import annotations

import hashlib

from streamrnn.detect.incident import Incident
from streamrnn.detect.sentence import Forecast, Sighting, in_company
from streamrnn.detect.topics import GatewayTopics
from streamrnn.records import Event, EventType


def incident_id(gateway: str, stream: str, since: float, count: int) -> str:
    """The same for the same anomaly of the same readings, after a crash too. count: of the stream's
    incidents."""
    identity = repr((gateway, stream, since, count)).encode()
    return hashlib.blake2b(identity, digest_size=8).hexdigest()


def report(
    step: EventType,
    incident: Incident,
    seen: Sighting,
    sentence: str,
    topics: GatewayTopics,
    *,
    commands: bool,
) -> Event:
    """The event of one step. seen: the leader's latest. sentence: what is said of it. commands:
    whether to say how to answer."""
    others = incident.streams[1:]
    message = sentence + in_company(others)
    if commands and step is not EventType.END:
        message += f' Snooze: publish "snooze 2h" to {topics.command(incident.leader)}'
    yhat, lower, upper = seen.forecast or (None, None, None)
    return Event(
        id=incident.id,
        type=step,
        gateway=topics.gateway,
        stream=incident.leader,
        kind=incident.kind.name.lower(),
        time=seen.time,
        since=incident.since,
        value=seen.value,
        score=seen.score,
        yhat=yhat,
        yhat_lower=lower,
        yhat_upper=upper,
        message=message,
        also=tuple(others),
    )


def sighting_in(event: Event) -> Sighting:
    """What an event tells of its stream."""
    forecast = None
    if event.yhat is not None and event.yhat_lower is not None and event.yhat_upper is not None:
        forecast = Forecast(event.yhat, event.yhat_lower, event.yhat_upper)
    return Sighting(event.time, event.value, event.score, forecast)
