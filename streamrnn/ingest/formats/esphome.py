"""ESPHome over MQTT: bare values on `<device>/<component>/<object>/state`.

The unit is not said on these topics, the name of the quantity is the object's. The log and the
commands are no measurements.

https://esphome.io/components/mqtt.html
"""

from __future__ import annotations

from typing import Final

from streamrnn.ingest.format import Document, Label, Sample
from streamrnn.ingest.formats.bare import bare_document
from streamrnn.records import Message

# Those with a state that is a number or on/off.
_COMPONENTS: Final = frozenset(
    ("sensor", "binary_sensor", "switch", "number", "fan", "cover", "valve", "lock", "climate")
)


class EspHome:
    """Bare values with a name."""

    name = "esphome"
    parse = None

    def claim(self, sample: Sample) -> str:
        levels = sample.levels
        if len(levels) >= 4 and levels[-1] == "state" and levels[-3] in _COMPONENTS:
            return f"the topic ends in {levels[-3]}/{levels[-2]}/state"
        return ""

    def read(self, message: Message) -> Document:
        levels = message.topic.split("/")
        if levels[-1] in ("command", "debug"):
            return Document(about="a command, or a line of the log")
        if len(levels) < 4:
            return bare_document(message.payload)
        name = levels[-2].replace("_", " ")
        device = "/".join(levels[:-3])
        return bare_document(message.payload, device=device, label=Label(name=name))
