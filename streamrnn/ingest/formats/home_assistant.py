"""Home Assistant's discovery: descriptions of devices under `homeassistant/`, and no readings.

They are JSON with numbers in it (`expire_after`, `qos`), which would else become streams.

https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery
"""

from __future__ import annotations

from streamrnn.ingest.format import Document, Sample
from streamrnn.records import Message


class HomeAssistant:
    """Nothing to read."""

    name = "homeassistant"
    parse = None

    def claim(self, sample: Sample) -> str:
        levels = sample.levels
        if levels[0] == "homeassistant" and len(levels) > 2 and levels[-1] == "config":
            return "the topic is one of Home Assistant's discovery"
        return ""

    def read(self, message: Message) -> Document:
        return Document(about="a description for Home Assistant")
