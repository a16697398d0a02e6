"""What is known of each stream besides its numbers: where it comes from, its unit, its names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from streamrnn.ingest.account import Reading
from streamrnn.ingest.detection import Decoded
from streamrnn.ingest.format import Label
from streamrnn.records import Message

_NOTHING: Final = Label()
_LONGEST: Final = 100  # characters: what goes into labels is not of any length
_MERGED_KEPT: Final = 1000


class StreamInfo(NamedTuple):
    """Texts are empty where nothing is known.

    topic, path: where its readings come from (the first place, should there be several). The topic
    is that of the messages, unless their format has the same thing on several.
    device: as {device} in the topic of its source, or else the format, calls it.
    name: of the quantity; unit: as the format writes it.
    """

    topic: str
    path: str
    format: str
    device: str
    name: str
    unit: str


class Merge(NamedTuple):
    """Two places whose readings go into one stream: on purpose, or by an unlucky template."""

    first: str  # topic and path
    second: str


class StreamInfos:
    """As many as there are streams, as only readings of admitted streams are noted."""

    def __init__(self) -> None:
        self.by_stream: dict[str, StreamInfo] = {}
        self.merged: dict[str, Merge] = {}
        self._on_several_topics: set[str] = set()  # by their format, on purpose

    def note(
        self, message: Message, decoded: Decoded, readings: Iterable[Reading], named: str
    ) -> None:
        """Take from a message what it says about its streams. What it leaves open stays. named: the
        device as the topic has it, empty if it does not."""
        document = decoded.document
        topic = document.topic or message.topic
        for stream, _, _, path in readings:
            if document.topic:
                self._on_several_topics.add(stream)
            label = document.labels.get(path, _NOTHING)
            device, name, unit = _clean(named or document.device, label.name, label.unit)
            known = self.by_stream.get(stream)
            if known is None:
                self.by_stream[stream] = StreamInfo(
                    topic, path, decoded.format.name, device, name, unit
                )
                continue
            if (known.topic, known.path) != (topic, path):
                self._note_merge(stream, known, f"{topic} {path}")
            self.by_stream[stream] = known._replace(
                format=decoded.format.name,
                device=device or known.device,
                name=name or known.name,
                unit=unit or known.unit,
            )

    def may_be_merged(self, stream: str) -> bool:
        """Whether its readings may have come on more than one topic."""
        is_known = stream in self.merged or stream in self._on_several_topics
        return is_known or len(self.merged) >= _MERGED_KEPT

    def forget(self, stream: str) -> None:
        self.by_stream.pop(stream, None)
        self.merged.pop(stream, None)
        self._on_several_topics.discard(stream)

    def _note_merge(self, stream: str, known: StreamInfo, second: str) -> None:
        if stream not in self.merged and len(self.merged) < _MERGED_KEPT:
            self.merged[stream] = Merge(f"{known.topic} {known.path}", second)


def _clean(*texts: str) -> list[str]:
    """Foreign texts as they may stand in labels: printable and short."""
    if all(len(text) <= _LONGEST and text.isprintable() for text in texts):
        return list(texts)
    return [
        "".join(character for character in text[:_LONGEST] if character.isprintable())
        for text in texts
    ]
