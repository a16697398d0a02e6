"""Which format a message is of: the first in `FORMATS` that claims it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, Protocol, cast

import msgspec

from streamrnn.errors import StateError
from streamrnn.ingest.format import Document, Format, Sample
from streamrnn.ingest.formats.bare import Bare
from streamrnn.ingest.formats.binary import Cbor, MessagePack
from streamrnn.ingest.formats.csv_lines import CsvLines
from streamrnn.ingest.formats.esphome import EspHome
from streamrnn.ingest.formats.home_assistant import HomeAssistant
from streamrnn.ingest.formats.homie import Homie
from streamrnn.ingest.formats.influx import InfluxLine
from streamrnn.ingest.formats.lorawan import ChirpStack, Ttn
from streamrnn.ingest.formats.plain_json import PlainJson
from streamrnn.ingest.formats.senml import SenMl
from streamrnn.ingest.formats.shelly import Shelly
from streamrnn.ingest.formats.tasmota import Tasmota
from streamrnn.ingest.formats.theengs import Theengs
from streamrnn.ingest.formats.zigbee2mqtt import Zigbee2Mqtt
from streamrnn.ingest.refusal import RefusedError
from streamrnn.ingest.sparkplug import SparkplugB
from streamrnn.records import Message, Reason

# The special before the general: whoever claims a message first has it. First those with topics of
# their own, then those with keys of their own, then what any text or bytes may be.
FORMATS: Final[tuple[Callable[[], Format], ...]] = (
    SparkplugB,
    HomeAssistant,
    Homie,
    Shelly,
    Ttn,
    ChirpStack,
    Tasmota,
    Zigbee2Mqtt,
    Theengs,
    EspHome,
    SenMl,
    PlainJson,
    InfluxLine,
    CsvLines,
    Cbor,
    MessagePack,
    Bare,
)


class Decoded(NamedTuple):
    """A payload taken apart, by which format, and why by that one."""

    document: Document
    format: Format
    why: str


_USUAL: Final = "usual"  # the name of no format
_TOPICS_KEPT: Final = 20_000
_LONGEST_TOPIC: Final = 256  # characters; what is longer is looked at anew each time
_REMEMBERING: Final = (SparkplugB.name, Homie.name, Ttn.name, ChirpStack.name)


class Remembering(Protocol):
    """A format that reads a message by earlier ones."""

    def to_state(self) -> Any:
        """What it remembers, fit for JSON."""

    def restore(self, state: Any) -> None:
        """Takes up what `to_state` returned. Raises ValueError for anything else."""


class Formats:
    """One of each format. What they remember of earlier messages, they remember here, and it is
    part of a checkpoint: messages that come again after a crash must be read as before.

    usual: the format of earlier messages of a topic; read only.
    """

    def __init__(self) -> None:
        self.usual: dict[str, str] = {}
        formats = [make() for make in FORMATS]
        self._by_name: Mapping[str, Format] = {each.name: each for each in formats}

    def note_usual(self, topic: str, name: str) -> None:
        """From now on the topic is taken to be of this format, as long as it can be read so."""
        if len(topic) > _LONGEST_TOPIC:
            return
        self.usual[topic] = name
        if len(self.usual) > _TOPICS_KEPT:
            del self.usual[next(iter(self.usual))]

    def to_state(self) -> dict[str, Any]:
        """Fit for JSON."""
        state: dict[str, Any] = {_USUAL: self.usual}
        state |= {name: self._remembering(name).to_state() for name in _REMEMBERING}
        builtins: dict[str, Any] = msgspec.to_builtins(state)
        return builtins

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Formats:
        """Those that `to_state` was called on. Raises StateError when `state` is of another form.
        Formats that had nothing to remember yet need not be in it."""
        formats = cls()
        try:
            formats.usual = msgspec.convert(state.get(_USUAL, {}), dict[str, str])
            for name in _REMEMBERING:
                if name in state:
                    formats._remembering(name).restore(state[name])
        except (ValueError, RefusedError) as error:
            raise StateError(f"what formats remember cannot be read: {error}") from error
        return formats

    def _remembering(self, name: str) -> Remembering:
        return cast(Remembering, self._by_name[name])

    def __getitem__(self, name: str) -> Format:
        return self._by_name[name]

    def decode(self, message: Message, usual: str) -> Decoded:
        """Take a payload apart. usual: the format of earlier messages of the topic, if any.

        Raises RefusedError.
        """
        if usual:
            try:
                why = "earlier messages of the topic were"
                return self.decode_as(message, usual, why)
            except RefusedError as refusal:
                found, why = self._recognise(message)
                if found.name == usual:
                    raise refusal from None
        else:
            found, why = self._recognise(message)
        return Decoded(found.read(message), found, why)

    def decode_as(self, message: Message, name: str, why: str) -> Decoded:
        """Take a payload apart as one format, known to be the right one. Raises RefusedError."""
        found = self._by_name[name]
        return Decoded(found.read(message), found, why)

    def _recognise(self, message: Message) -> tuple[Format, str]:
        sample = Sample(message.topic, message.payload)
        for each in self._by_name.values():
            why = each.claim(sample)
            if why:
                return each, why
        raise RefusedError(
            Reason.NOT_UTF8, "the payload is not text (UTF-8), and of no binary format known here"
        )
