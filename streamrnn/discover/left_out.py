"""Messages of which nothing became a reading, taken together by the reason.

Most of them are as they should be: commands, logs, what a bridge says of itself. What may be a
mistake is kept apart from these.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from streamrnn.discover.survey import TopicSurvey
from streamrnn.records import HARMLESS


@dataclass(slots=True)
class LeftOut:
    """Topics with the same complaint. messages: how many of them were left out, or values of them.

    harmless: nothing that was left out looks like a measurement.
    """

    why: str
    harmless: bool
    topics: list[str] = field(default_factory=list)
    messages: int = 0

    @property
    def where(self) -> str:
        """The topic, or how many there are and one of them."""
        first, more = self.topics[0], len(self.topics) - 1
        return f"{first} and {more} more topic{'s'[: more != 1]}" if more else first


def left_out(topics: Iterable[TopicSurvey]) -> list[LeftOut]:
    """What was left out, what may be a mistake first."""
    groups: dict[tuple[str, bool], LeftOut] = {}
    for topic in topics:
        if not topic.rejected or (topic.fields and topic.rejected.keys() <= HARMLESS):
            continue
        harmless = topic.rejected.keys() <= HARMLESS
        why = topic.complaint
        group = groups.setdefault((why, harmless), LeftOut(why, harmless))
        group.topics.append(topic.topic)
        group.messages += topic.rejected.total()
    return sorted(groups.values(), key=lambda group: group.harmless)
