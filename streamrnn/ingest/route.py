"""From a topic to its source and its streams: looked up once per topic, then remembered.

A `Source` is one [[source]] of the settings, ready for use. A `Route` is one topic: its source,
its labels, and what became of its leaves so far. `Routes` holds the topics seen lately.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

from streamrnn.config import SourceConfig
from streamrnn.ingest.format import BARE_FIELD, Leaves, lies_on
from streamrnn.ingest.frame import Frame
from streamrnn.ingest.refusal import RefusedError, quote
from streamrnn.ingest.stamped_frame import StampedFrame
from streamrnn.ingest.timestamp import time_reader
from streamrnn.ingest.topic import TopicTemplate, is_under
from streamrnn.records import Reason

LONGEST_STREAM_NAME: Final = 256  # characters
# Of topics: mosquitto takes 200 and hangs up on more; a state lies some levels below the prefix.
MOST_STREAM_LEVELS: Final = 100
_LABEL: Final = re.compile(r"\{(\w+)\}")
# What it takes to remember one, roughly, besides its text.
_ROUTE_BYTES: Final = 1500
_LEAF_BYTES: Final = 250


class Fate(Enum):
    """What a leaf becomes that does not become a reading."""

    STAMP = auto()  # it is, or could be, the time
    IGNORED = auto()  # excluded, not in `fields`, or no measurement by the rules of the format
    TEXT = auto()  # text or null; the next time it may be a number


class Source:
    """One [[source]]: the topics and leaves that it takes, and how their streams are called."""

    def __init__(self, index: int, config: SourceConfig, max_future: float) -> None:
        self.index = index
        self.config = config
        self.template = TopicTemplate(config.topic)
        self.time = time_reader(config, max_future)
        self.max_future = max_future

    def excludes(self, path: str) -> bool:
        """Whether the path, or a branch that it lies on, stands in `exclude`."""
        return any(lies_on(branch, path) for branch in self.config.exclude)

    def selects(self, path: str) -> bool:
        """Whether the path, or a branch that it lies on, stands in `fields`; all do in none."""
        fields = self.config.fields
        return not fields or any(lies_on(branch, path) for branch in fields)

    def asks_for(self, path: str) -> bool:
        """Whether the path is selected by name, and so wanted whatever the format thinks of it."""
        return bool(self.config.fields) and self.selects(path)

    def name_parts(self, labels: dict[str, str], topic: str) -> list[str]:
        """What stands between the fields in the names of the streams."""
        values = {**labels, "topic": topic}
        parts = (self.config.stream or "{topic}/{field}").split("{field}")
        # One pass: a label's value may itself look like a label.
        return [_LABEL.sub(lambda match: values[match[1]], part) for part in parts]


@dataclass(slots=True)
class Route:
    """One topic. `name_parts`, joined by the path of a leaf, are the name of its stream.

    topic: what {topic} stands for, which a format may shorten.
    """

    topic: str
    source: Source
    labels: dict[str, str]
    name_parts: list[str]
    format_name: str = ""  # found in an earlier message
    # Remembered from earlier messages, so that the next one like them is quick.
    bare_stream: str | None = None
    frame: Frame | None = None
    stamped_frame: StampedFrame | None = None
    parse: Callable[[bytes], Leaves] | None = None
    fates: dict[str, str | Fate] = field(default_factory=dict)  # by path; str: name of a stream

    def name_after(self, topic: str) -> None:
        """Let {topic} stand for this in the names of the streams."""
        if topic != self.topic:
            self.topic = topic
            self.name_parts = self.source.name_parts(self.labels, topic)

    def change_format(self, name: str) -> None:
        """What was remembered of messages of another format holds no longer."""
        self.format_name = name
        self.bare_stream = self.frame = self.stamped_frame = self.parse = None
        self.fates.clear()

    def stream(self, path: str, bare: bool) -> str:
        """The name of a leaf's stream. Raises RefusedError."""
        is_nameless = bare and path == BARE_FIELD and not self.source.config.stream
        name = self.topic if is_nameless else path.join(self.name_parts)
        if len(self.name_parts) == 1 and not bare and self.source.config.fields != (path,):
            raise RefusedError(
                Reason.BAD_STREAM_NAME,
                f"source[{self.source.index}].stream has no {{field}}: {quote(path)} would "
                f"share the stream {quote(name)} with other fields. Add {{field}}, or list just "
                "one path in fields",
            )
        flaw = _flaw_of(name)
        if flaw:
            raise RefusedError(Reason.BAD_STREAM_NAME, flaw)
        return name


class Routes:
    """Finds the route of a topic, and remembers it.

    Once about `capacity_bytes` are in use it forgets them all: topics in use come back at once,
    and topics used only once do not pile up.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        own_prefix: str,
        usual: Mapping[str, str],
        capacity_bytes: int,
    ) -> None:
        """usual: names of formats by topic, as found in messages that a route knows nothing of."""
        self._sources = sources
        self._usual = usual
        self._own_prefix = own_prefix
        self._capacity_bytes = capacity_bytes
        self._used_bytes = 0
        self.by_topic: dict[str, Route] = {}

    def find(self, topic: str) -> Route:
        """The route of the first source that takes the topic. Raises RefusedError."""
        route = self.by_topic.get(topic)
        if route is None:
            route = self._make(topic)
            self._use(_ROUTE_BYTES + 2 * len(topic))
            self.by_topic[topic] = route
        return route

    def remember(self, route: Route, path: str, fate: str | Fate) -> None:
        """Keep what became of a leaf."""
        if path not in route.fates:
            self._use(_LEAF_BYTES + len(path))
        route.fates[path] = fate

    def forget(self, topic: str) -> None:
        """What is remembered of one topic."""
        route = self.by_topic.pop(topic, None)
        if route is not None:
            self._used_bytes -= _ROUTE_BYTES + 2 * len(topic)
            self._used_bytes -= sum(_LEAF_BYTES + len(path) for path in route.fates)

    def clear(self) -> None:
        self.by_topic.clear()
        self._used_bytes = 0

    def _make(self, topic: str) -> Route:
        try:
            topic.encode()
        except UnicodeEncodeError:
            raise RefusedError(Reason.NOT_UTF8, "the topic is not UTF-8") from None
        if is_under(self._own_prefix, topic):
            raise RefusedError(
                Reason.OWN_TOPIC, f"topics under {self._own_prefix} are our own output"
            )
        for source in self._sources:
            labels = source.template.match(topic)
            if labels is not None:
                parts = source.name_parts(labels, topic)
                return Route(topic, source, labels, parts, self._usual.get(topic, ""))
        if topic.startswith("$"):
            raise RefusedError(Reason.SYS_TOPIC, "topics that begin with $ are the broker's own")
        raise RefusedError(Reason.NO_SOURCE, "no [[source]] has a topic that matches")

    def _use(self, count: int) -> None:
        self._used_bytes += count
        if self._used_bytes > self._capacity_bytes:
            self.clear()


def _flaw_of(stream: str) -> str | None:
    """What is wrong with a stream's name, which goes into logs, topics and metric labels."""
    if not stream:
        return "the stream's name would be empty"
    if len(stream) > LONGEST_STREAM_NAME:
        return f"the stream's name {quote(stream)} has more than {LONGEST_STREAM_NAME} characters"
    if stream.count("/") >= MOST_STREAM_LEVELS:
        return f"the stream's name {quote(stream)} has more than {MOST_STREAM_LEVELS} topic levels"
    if not stream.isprintable():
        # Control characters, lone surrogates, and marks that hide or turn the text around them.
        return f"the stream's name {quote(stream)} holds a character that cannot be printed"
    return None
