"""Which format a message is of: the first in `FORMATS` that claims it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

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


class Formats:
    """One of each format. What they remember of earlier messages, they remember here."""

    def __init__(self) -> None:
        formats = [make() for make in FORMATS]
        self._by_name: Mapping[str, Format] = {each.name: each for each in formats}

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
