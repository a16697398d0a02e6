"""What was heard: per topic its format and fields, per field how often and how far it goes.

Messages go through the daemon's own `Ingest`, so that what is shown is what the daemon would do.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from streamrnn.config import LimitsConfig, SourceConfig
from streamrnn.ingest import Ingest
from streamrnn.records import Message, Readings, Reason

_TOPICS_KEPT = 10_000
_ANY_TOPIC = SourceConfig(topic="#")


@dataclass(slots=True)
class FieldSurvey:
    """One field of one topic, or of several taken together."""

    unit: str = ""
    readings: int = 0
    lowest: float = math.inf
    highest: float = -math.inf

    def add(self, value: float) -> None:
        self.readings += 1
        self.lowest = min(self.lowest, value)
        self.highest = max(self.highest, value)

    def merge(self, other: FieldSurvey) -> None:
        self.unit = self.unit or other.unit
        self.readings += other.readings
        self.lowest = min(self.lowest, other.lowest)
        self.highest = max(self.highest, other.highest)


@dataclass(slots=True)
class TopicSurvey:
    """One topic. format: "" while nothing of it could be used."""

    topic: str
    messages: int = 0
    first: float = 0.0  # arrival, Unix seconds
    last: float = 0.0
    format: str = ""
    device: str = ""
    fields: dict[str, FieldSurvey] = field(default_factory=dict)
    rejected: Counter[Reason] = field(default_factory=Counter)
    complaint: str = ""  # the latest detail of what was left out

    @property
    def interval(self) -> float:
        """Seconds between messages; NaN if there was only one."""
        return (self.last - self.first) / (self.messages - 1) if self.messages > 1 else math.nan


class Survey:
    """Takes messages, one after the other.

    sources: those of the settings; none: every topic, as it is.
    """

    def __init__(
        self, limits: LimitsConfig, own_prefix: str, sources: Iterable[SourceConfig] = ()
    ) -> None:
        self.topics: dict[str, TopicSurvey] = {}
        self.unlisted = 0  # messages of topics beyond those that are kept
        # Everything comes at once here, which in the daemon would be suspicious.
        generous = limits.model_copy(update={"new_streams_per_second": math.inf})
        self._ingest = Ingest(tuple(sources) or (_ANY_TOPIC,), generous, own_prefix)

    @property
    def streams(self) -> list[str]:
        return sorted(self._ingest.infos)

    def add(self, message: Message) -> None:
        topic = self.topics.get(message.topic)
        if topic is None:
            if len(self.topics) >= _TOPICS_KEPT:
                self.unlisted += 1
                return
            topic = TopicSurvey(message.topic, first=message.received_at)
            self.topics[message.topic] = topic
        topic.messages += 1
        topic.last = message.received_at
        into = Readings([], [], [])
        self._ingest.last_rejects.clear()
        self._ingest.decode(message, into)
        self._note_readings(topic, into)
        for reject in self._ingest.last_rejects:
            topic.rejected[reject.reason] += 1
            topic.complaint = reject.detail

    def _note_readings(self, topic: TopicSurvey, readings: Readings) -> None:
        for stream, value in zip(readings.streams, readings.values, strict=True):
            info = self._ingest.infos[stream]
            topic.format = info.format
            topic.device = info.device
            seen = topic.fields.setdefault(info.path, FieldSurvey())
            seen.unit = info.unit
            seen.add(value)
