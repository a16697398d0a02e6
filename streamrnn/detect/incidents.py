"""All that is open: the anomalies of streams, and the incidents as which they are told."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection

import msgspec

from streamrnn.config import AlertsConfig
from streamrnn.detect.anomaly import Anomaly
from streamrnn.detect.incident import Incident
from streamrnn.detect.report import incident_id, report, sighting_in
from streamrnn.detect.sentence import Sighting, describe, describe_silence, verdict
from streamrnn.detect.topics import GatewayTopics
from streamrnn.records import Event, EventType, Kind


class Book(msgspec.Struct):
    """What is open, as it is kept in a checkpoint; streams go by name.

    opened: incidents so far. belongs_to: the id of the incident that an anomaly is part of.
    """

    opened: dict[str, int] = msgspec.field(default_factory=dict)
    anomalies: dict[str, Anomaly] = msgspec.field(default_factory=dict)
    belongs_to: dict[str, str] = msgspec.field(default_factory=dict)
    incidents: dict[str, Incident] = msgspec.field(default_factory=dict)

    def only(self, streams: Collection[str]) -> Book:
        """Without other streams; an incident goes with its leader."""
        incidents = {key: each for key, each in self.incidents.items() if each.leader in streams}
        belongs_to = {
            stream: key
            for stream, key in self.belongs_to.items()
            if stream in streams and key in incidents
        }
        return Book(
            opened={stream: n for stream, n in self.opened.items() if stream in streams},
            anomalies={stream: self.anomalies[stream] for stream in belongs_to},
            belongs_to=belongs_to,
            incidents=incidents,
        )


class Incidents:
    """At most one anomaly per stream. Each is part of an incident, which is told about its leader,
    the stream that broke first; the leader's anomaly lasts as long as any of the others."""

    def __init__(
        self, config: AlertsConfig, topics: GatewayTopics, device_of: Callable[[str], str]
    ) -> None:
        self.config = config
        self.device_of = device_of
        self.book = Book()
        self._topics = topics
        self._latest: dict[str, Sighting] = {}  # of streams with an anomaly, since the start

    def anomaly(self, stream: str) -> Anomaly | None:
        return self.book.anomalies.get(stream)

    def open_events(self) -> list[Event]:
        """The last event of each incident."""
        return [each.event for each in self.book.incidents.values() if each.event is not None]

    def open_by_stream(self) -> dict[str, Event]:
        """The last event of what each stream with an anomaly is part of."""
        told = {event.id: event for event in self.open_events()}
        return {stream: told[key] for stream, key in self.book.belongs_to.items()}

    def concerned(self, stream: str) -> list[str]:
        """The streams that a command to this one is about: all of an incident that bears its name,
        else it alone."""
        incident = self._incident(stream)
        leads = incident is not None and incident.leader == stream
        return self._members(incident) if incident is not None and leads else [stream]

    def acknowledge(self, stream: str) -> bool:
        """Somebody takes care. False: nothing is open."""
        incident = self._incident(stream)
        if incident is not None:
            incident.acknowledged = True
        return incident is not None

    def begin(self, stream: str, anomaly: Anomaly, seen: Sighting) -> Event | None:
        """An anomaly of a stream that had none. None: it is told with the next event of another."""
        device = self.device_of(stream)
        self.book.anomalies[stream] = anomaly
        self._latest[stream] = seen
        incident = self._companion(stream, device, anomaly)
        if incident is not None:
            self.book.belongs_to[stream] = incident.id
            if incident.join(stream):
                incident.take_kind(anomaly.kind)
                return self._tell(EventType.UPDATE, incident, seen.time)
            return None
        count = self.book.opened[stream] = self.book.opened.get(stream, 0) + 1
        key = incident_id(self._topics.gateway, stream, anomaly.since, count)
        incident = Incident(key, device, [stream], anomaly.kind, anomaly.since, seen.time)
        self.book.incidents[key] = incident
        self.book.belongs_to[stream] = key
        return self._tell(EventType.NEW, incident, seen.time)

    def see(self, stream: str, seen: Sighting) -> None:
        """The latest of a stream, should it have an anomaly."""
        if stream in self.book.anomalies:
            self._latest[stream] = seen

    def go_on(self, stream: str, seen: Sighting) -> Event | None:
        """An anomaly lasts, as a reading shows or the lack of one."""
        anomaly, incident = self.book.anomalies[stream], self._incident(stream)
        assert incident is not None
        self._latest[stream] = seen
        every = self.config.update_every
        if not incident.wants_update(anomaly.kind, seen.time, every, is_calm=anomaly.is_calm):
            return None
        return self._tell(EventType.UPDATE, incident, seen.time)

    def next_update(self, stream: str) -> float:
        """Time from which an anomaly that lasts is told anew; infinite: somebody takes care."""
        incident = self._incident(stream)
        assert incident is not None
        return (
            math.inf if incident.acknowledged else incident.reported_at + self.config.update_every
        )

    def finish(self, stream: str, seen: Sighting, why: str) -> Event | None:
        """An anomaly is over. That of a leader is not while others last."""
        incident = self._incident(stream)
        assert incident is not None
        self._latest[stream] = seen
        incident.take_kind(self.book.anomalies[stream].kind)
        if incident.leader == stream and len(self._members(incident)) > 1:
            return None
        return self.end(stream, why)

    def end(self, stream: str, why: str) -> Event | None:
        """Ends all that is `concerned`. None: nobody was told of it under this name."""
        incident = self._incident(stream)
        if incident is None or incident.leader != stream:
            self._drop(stream)
            return None
        event = self._tell(EventType.END, incident, self._seen(incident).time, why)
        for member in self._members(incident):
            self._drop(member)
        del self.book.incidents[incident.id]
        return event

    def _companion(self, stream: str, device: str, anomaly: Anomaly) -> Incident | None:
        """The incident that an anomaly is part of, if there is one."""
        within = self.config.group_within
        if not within:
            return None
        within += anomaly.interval or 0.0  # a slow stream is missed later than the others
        for incident in self.book.incidents.values():
            if incident.accepts(stream, device, anomaly.since, within):
                return incident
        return None

    def _incident(self, stream: str) -> Incident | None:
        key = self.book.belongs_to.get(stream)
        return None if key is None else self.book.incidents[key]

    def _members(self, incident: Incident) -> list[str]:
        return [stream for stream in incident.streams if stream in self.book.anomalies
                and self.book.belongs_to[stream] == incident.id]  # fmt: skip

    def _drop(self, stream: str) -> None:
        self.book.anomalies.pop(stream, None)
        self.book.belongs_to.pop(stream, None)
        self._latest.pop(stream, None)

    def _seen(self, incident: Incident) -> Sighting:
        """The leader's latest; None since the restart: what was told of it last."""
        latest = self._latest.get(incident.leader)
        if latest is not None:
            return latest
        assert incident.event is not None
        return sighting_in(incident.event)

    def _tell(self, step: EventType, incident: Incident, time: float, why: str = "") -> Event:
        """The event of a step that is due at the time of a reading."""
        seen = self._seen(incident)._replace(time=time)
        anomaly = self.book.anomalies[incident.leader]
        lasted = max(0.0, time - anomaly.since)
        if anomaly.kind is not Kind.STALE:
            words = why or verdict(anomaly.kind, seen)
            sentence = describe(incident.leader, seen, lasted, words)
        elif why:
            sentence = describe(incident.leader, seen, 0.0, why)
        else:
            # as of now: another stream may be why it is told, between two looks at this one
            score = round(lasted / anomaly.patience, 6) if anomaly.patience else seen.score
            seen = seen._replace(score=score, forecast=None)
            sentence = describe_silence(incident.leader, seen, lasted, anomaly.interval)
        incident.event = report(
            step, incident, seen, sentence, self._topics, commands=self.config.commands
        )
        return incident.event
