"""JSON as a family of devices writes it: what its keys mean, besides being keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from streamrnn.ingest.format import Document, Label, Leaves, Record, Sample
from streamrnn.ingest.formats.plain_json import read_json
from streamrnn.records import Message


@dataclass(frozen=True)
class JsonDialect:
    """A format whose messages are one JSON object each.

    claim: as in `Format`. parse: payload -> leaves. device: its name, from topic and leaves.
    unit_of: the unit of a path. ignored: paths, or branches, that are no measurements.
    """

    name: str
    claim: Callable[[Sample], str]
    device: Callable[[str, Leaves], str]
    unit_of: Callable[[str, Leaves], str]
    ignored: frozenset[str] = field(default_factory=frozenset)
    parse: Callable[[bytes], Leaves] = read_json

    def read(self, message: Message) -> Document:
        leaves = self.parse(message.payload)
        units = {path: self.unit_of(path, leaves) for path in leaves}
        return Document(
            (Record(leaves),),
            device=self.device(message.topic, leaves),
            labels={path: Label(unit=unit) for path, unit in units.items() if unit},
            ignored=self.ignored,
        )
