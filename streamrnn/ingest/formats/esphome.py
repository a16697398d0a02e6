"""ESPHome over MQTT: bare values on `<device>/<component>/<object>/state`.

Components of several values have one topic each, such as
`<device>/climate/<object>/current_temperature/state`; lights send JSON. The unit is not said on
these topics, the name of the quantity is the object's. Modes and texts, as long as they are words,
log, commands and answers to `esphome/discover` are no measurements.

https://esphome.io/components/mqtt.html
"""

from __future__ import annotations

import re
from typing import Final

from streamrnn.ingest.format import Document, Label, Record, Sample
from streamrnn.ingest.formats.bare import bare_document
from streamrnn.ingest.formats.plain_json import read_json
from streamrnn.records import Message

# Those that tell some things in words, such as the mode of a thermostat.
_IN_WORDS: Final = frozenset(
    (
        *("fan", "cover", "valve", "lock", "climate", "alarm_control_panel", "update"),
        *("text_sensor", "text", "select", "event", "date", "time", "datetime"),
    )
)
_COMPONENTS: Final = _IN_WORDS | {"sensor", "binary_sensor", "switch", "number", "light"}
_LOG_LINE: Final = re.compile(rb"(?:\x1b\[[\d;]*m)?\[[A-Z]{1,2}\]\[")
_DISCOVERY: Final = ["esphome", "discover"]
_IGNORED: Final = frozenset(("color_mode", "transition", "flash", "effect"))


class EspHome:
    """Bare values with a name, and the JSON of lights."""

    name = "esphome"
    parse = None

    def claim(self, sample: Sample) -> str:
        where = _component_at(sample.levels)
        if where:
            return f"the topic ends in {'/'.join(sample.levels[where:])}"
        if sample.levels[:-1] == _DISCOVERY:
            return "the topic lies under esphome/discover/"
        if sample.levels[-1] == "debug" and _LOG_LINE.match(sample.payload):
            return "the topic ends in debug, and the payload is a line of ESPHome's log"
        return ""

    def read(self, message: Message) -> Document:
        levels = message.topic.split("/")
        if levels[-1] in ("command", "debug"):
            return Document(about="a command, or a line of the log")
        if levels[:-1] == _DISCOVERY:
            return Document(about="what a device says of itself")
        where = _component_at(levels)
        device, called = "/".join(levels[:where]), levels[where + 1 : -1] if where else []
        if message.payload.lstrip()[:1] == b"{":
            leaves = read_json(message.payload)
            return Document((Record(leaves),), device=device, ignored=_IGNORED)
        label = Label(name=" ".join(called).replace("_", " "))
        words = where > 0 and levels[where] in _IN_WORDS
        return bare_document(message.payload, device=device, label=label, words=words)


def _component_at(levels: list[str]) -> int:
    """The index of the component in a topic of a state or a command; 0 if it is none."""
    if levels[-1] not in ("state", "command"):
        return 0
    for at in (len(levels) - 3, len(levels) - 4):
        if at > 0 and levels[at] in _COMPONENTS:
            return at
    return 0
