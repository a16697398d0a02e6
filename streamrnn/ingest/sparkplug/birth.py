"""What a BIRTH says of the metrics of a node or device."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple, TypeAlias

from streamrnn.ingest.format import Label
from streamrnn.ingest.refusal import RefusedError, quote
from streamrnn.ingest.sparkplug.value import read_text
from streamrnn.ingest.sparkplug.wire import WireMessage, parse_properties
from streamrnn.records import Reason

BD_SEQ: Final = "bdSeq"
_LEVERS: Final = ("Node Control/", "Device Control/")
_DEFINITION_BYTES: Final = 400  # what it takes to keep one, roughly, besides its text
_UNIT_PROPERTIES: Final = (b"engUnit", b"Engineering Units", b"unit")
_LONGEST_UNIT: Final = 32  # characters
_NO_LABEL: Final = Label()

Metric: TypeAlias = tuple[str, int, int | None, str]
"""Name, datatype, alias and unit."""


class Definition(NamedTuple):
    """One metric. datatype: see `DataType`; 0 where it is not known. is_lever: no measurement, but
    what a command can move."""

    name: str
    datatype: int
    is_lever: bool


def define(name: str, datatype: int) -> Definition:
    return Definition(name, datatype, name == BD_SEQ or name.startswith(_LEVERS))


class Birth:
    """The metrics of a node or device, by name and, where they have one, by alias.

    labels: their units, by name.
    """

    def __init__(self) -> None:
        self.by_name: dict[str, Definition] = {}
        self.by_alias: dict[int, Definition] = {}
        self.labels: dict[str, Label] = {}
        self.used_bytes = 0

    def define(self, metric: WireMessage) -> Definition:
        """Keep what a metric of a BIRTH says of itself. Raises RefusedError."""
        if not metric.name:
            raise RefusedError(Reason.NOT_DECODABLE, "a metric without a name in a birth")
        name = read_text(metric.name, "the name")
        if name in self.by_name:
            raise RefusedError(Reason.DUPLICATE_KEY, f"two metrics are called {quote(name)}")
        definition = define(name, metric.datatype)
        if metric.HasField("alias"):
            namesake = self.by_alias.setdefault(metric.alias, definition)
            if namesake is not definition:
                both = f"{quote(namesake.name)} and {quote(name)}"
                raise RefusedError(
                    Reason.DUPLICATE_KEY, f"the alias {metric.alias} stands for both {both}"
                )
        self._keep(definition, _unit(metric.properties))
        return definition

    def _keep(self, definition: Definition, unit: str) -> None:
        name = definition.name
        self.by_name[name] = definition
        self.used_bytes += _DEFINITION_BYTES + len(name.encode())
        if unit:
            self.labels[name] = Label(unit=unit)

    def to_state(self) -> list[Metric]:
        """All of it, fit for JSON."""
        aliases = {definition.name: alias for alias, definition in self.by_alias.items()}
        return [
            (name, each.datatype, aliases.get(name), self.labels.get(name, _NO_LABEL).unit)
            for name, each in self.by_name.items()
        ]

    @classmethod
    def from_state(cls, metrics: Iterable[Metric]) -> Birth:
        """The birth that `to_state` was called on."""
        birth = cls()
        for name, datatype, alias, unit in metrics:
            definition = define(name, datatype)
            birth._keep(definition, unit)
            if alias is not None:
                birth.by_alias[alias] = definition
        return birth


EMPTY_BIRTH: Final = Birth()  # of those whose birth was not heard


def _unit(properties: bytes) -> str:
    if not properties:
        return ""
    found = parse_properties(properties)
    for key in _UNIT_PROPERTIES:
        unit = found.get(key, b"").decode(errors="replace").strip()
        if unit:
            return unit if len(unit) <= _LONGEST_UNIT and unit.isprintable() else ""
    return ""
