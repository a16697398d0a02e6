"""Many topics -> a few patterns, each of which can be the topic of a [[source]].

    sensors/kitchen/temperature   sensors/hall/temperature   sensors/hall/co2
    sensors/{device}/{quantity}

Topics come together that have their first level, their number of levels and their format in common,
once the level that names the device (where the format tells) is taken out. A level in which they
differ becomes a label. Topics of which nothing could be used are listed as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from statistics import median

from streamrnn.config.topic import check_topic_template
from streamrnn.discover.survey import FieldSurvey, TopicSurvey

_DEVICE = "{device}"
_QUANTITY = "{quantity}"
_NO_TEMPLATE = frozenset("+#{}")


@dataclass(slots=True)
class Pattern:
    """A topic template and what was heard on the topics that it stands for.

    fields: by path; of bare values, by their quantity where the topic has it.
    """

    template: str
    format: str
    topics: list[TopicSurvey]
    fields: dict[str, FieldSurvey] = field(default_factory=dict)

    @property
    def messages(self) -> int:
        return sum(topic.messages for topic in self.topics)

    @property
    def interval(self) -> float:
        """Typical seconds between the messages of one topic; NaN if no topic had two."""
        known = [topic.interval for topic in self.topics if topic.messages > 1]
        return median(known) if known else float("nan")


def patterns_of(topics: Iterable[TopicSurvey]) -> list[Pattern]:
    """The patterns of the topics with readings, the more special ones first."""
    groups: dict[tuple[str, int, str], list[tuple[list[str], TopicSurvey]]] = {}
    for topic in topics:
        if topic.fields and is_templatable(topic.topic):
            levels = _levels(topic)
            groups.setdefault((levels[0], len(levels), topic.format), []).append((levels, topic))
    patterns = [_pattern(members) for members in groups.values()]
    return sorted(patterns, key=lambda pattern: (pattern.template.count("{"), pattern.template))


def is_templatable(topic: str) -> bool:
    """Whether the topic can stand in a settings file."""
    if not _NO_TEMPLATE.isdisjoint(topic):
        return False
    try:
        check_topic_template(topic)
    except ValueError:
        return False
    return True


def _levels(topic: TopicSurvey) -> list[str]:
    """The levels, with a label in place of the one that names the device."""
    levels = topic.topic.split("/")
    if levels.count(topic.device) == 1 and len(levels) > 1:
        levels[levels.index(topic.device)] = _DEVICE
    return levels


def _pattern(members: list[tuple[list[str], TopicSurvey]]) -> Pattern:
    topics = [topic for _, topic in members]
    columns = list(zip(*(levels for levels, _ in members), strict=True))
    template = "/".join(_labelled(columns, topics))
    pattern = Pattern(template, topics[0].format, topics)
    for topic in topics:
        quantity = topic.topic.rpartition("/")[2] if template.endswith(_QUANTITY) else ""
        for path, seen in topic.fields.items():
            pattern.fields.setdefault(quantity or path, FieldSurvey()).merge(seen)
    return pattern


def _labelled(columns: list[tuple[str, ...]], topics: list[TopicSurvey]) -> Iterator[str]:
    """Each level: the text that all topics have there, or a label.

    The first level in which they differ is taken for the device, unless the format tells that it is
    not. In topics of bare values the last one is the quantity, where another is the device.
    """
    device_is_free = not any(_DEVICE in column for column in columns)
    is_bare = all(topic.format in ("bare", "esphome") for topic in topics)
    varying = [index for index, column in enumerate(columns) if len(set(column)) > 1]
    for index, column in enumerate(columns):
        if index not in varying:
            yield column[0]
        elif device_is_free and _may_name_the_device(column, topics):
            device_is_free = False
            yield _DEVICE
        elif is_bare and index == len(columns) - 1:
            yield _QUANTITY
        else:
            yield f"{{level{index + 1}}}"


def _may_name_the_device(column: tuple[str, ...], topics: list[TopicSurvey]) -> bool:
    """Whether the level has one text for each device, as far as the format tells devices."""
    devices = [topic.device for topic in topics]
    if not all(devices):
        return True
    return len(set(column)) == len(set(devices)) == len(set(zip(column, devices, strict=True)))
