"""Zigbee2MQTT: one JSON object with the state of a device, on `zigbee2mqtt/<friendly name>`.

A friendly name may have slashes. The bridge's own topics describe it, and hold no measurements.
Units are those that its documentation gives; `voltage` has none here, as it is millivolts of
batteries and volts of plugs.

https://www.zigbee2mqtt.io/guide/usage/mqtt_topics_and_messages.html
"""

from __future__ import annotations

from typing import Final

from streamrnn.ingest.format import Document, Label, Leaves, Sample
from streamrnn.ingest.formats.bare import bare_document
from streamrnn.ingest.formats.json_dialect import JsonDialect, by_last_key
from streamrnn.records import Message

_BASE: Final = "zigbee2mqtt/"
_UNITS: Final = {
    "temperature": "°C",
    "device_temperature": "°C",
    "local_temperature": "°C",
    "occupied_heating_setpoint": "°C",
    "humidity": "%",
    "soil_moisture": "%",
    "pressure": "hPa",
    "battery": "%",
    "illuminance": "lx",
    "illuminance_lux": "lx",
    "co2": "ppm",
    "pm25": "µg/m³",
    "power": "W",
    "current": "A",
    "energy": "kWh",
    "ac_frequency": "Hz",
}
_IGNORED: Final = frozenset(
    ("linkquality", "update", "update_available", "device", "transition", "color_mode")
)


def _claim(sample: Sample) -> str:
    if sample.topic.startswith(_BASE):
        return f"the topic lies under {_BASE}"
    # Another base topic: only Zigbee2MQTT calls the signal like this.
    return "the payload has linkquality" if sample.has("linkquality") else ""


def _device(topic: str, leaves: Leaves) -> str:
    return topic.removeprefix(_BASE) if topic.startswith(_BASE) else topic.rpartition("/")[2]


class Zigbee2Mqtt(JsonDialect):
    """As a dialect of JSON; besides, what is not the state of a device."""

    def __init__(self) -> None:
        super().__init__("zigbee2mqtt", _claim, _device, by_last_key(_UNITS), _IGNORED)

    def read(self, message: Message) -> Document:
        if message.topic.startswith(f"{_BASE}bridge/"):
            return Document(about="what the bridge says of itself and its devices")
        if message.topic.endswith(("/set", "/get")) or "/set/" in message.topic:
            return Document(about="a command to a device")
        if message.payload.lstrip()[:1] != b"{":
            # output = "attribute" in its settings: each value on a topic of its own
            device, _, attribute = message.topic.rpartition("/")
            label = Label(unit=_UNITS.get(attribute, ""))
            return bare_document(message.payload, device=_device(device, {}), label=label)
        return super().read(message)
