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
from streamrnn.ingest.formats.json_dialect import JsonDialect
from streamrnn.records import Message

_BASE: Final = "zigbee2mqtt/"
_UNITS: Final = {
    **dict.fromkeys(
        (
            *("temperature", "device_temperature", "cpu_temperature", "local_temperature"),
            *(
                *("occupied_heating_setpoint", "unoccupied_heating_setpoint"),
                *("occupied_cooling_setpoint", "unoccupied_cooling_setpoint"),
                *("current_heating_setpoint", "external_temperature_input"),
            ),
        ),
        "°C",
    ),
    **dict.fromkeys(("humidity", "soil_moisture", "battery"), "%"),
    **dict.fromkeys(("position", "tilt", "pi_heating_demand"), "%"),
    "pressure": "hPa",
    "illuminance": "lx",
    "illuminance_lux": "lx",
    "noise": "dBA",
    **dict.fromkeys(("co2", "eco2", "co"), "ppm"),
    **dict.fromkeys(("pm1", "pm25", "pm10", "voc"), "µg/m³"),
    **dict.fromkeys(("formaldehyd", "hcho"), "mg/m³"),
    "power": "W",
    "power_apparent": "VA",
    "power_reactive": "var",
    "current": "A",
    "current_neutral": "A",
    **dict.fromkeys(("energy", "produced_energy", "energy_produced"), "kWh"),
    "ac_frequency": "Hz",
    "color_temp": "mired",
    **dict.fromkeys(("angle", "angle_x", "angle_y", "angle_z"), "°"),
}
_IGNORED: Final = frozenset(
    (
        *("linkquality", "update", "update_available", "device", "transition", "color_mode"),
        *("color_options", "level_config", "schedule", "color_temp_startup"),  # settings
    )
)


def _claim(sample: Sample) -> str:
    if sample.topic.startswith(_BASE):
        return f"the topic lies under {_BASE}"
    # Another base topic: only Zigbee2MQTT calls the signal like this.
    return "the payload has linkquality" if sample.has("linkquality") else ""


def _unit_of(path: str, leaves: Leaves) -> str:
    key = path.rpartition(".")[2]
    quantity = key.removesuffix("_phase_b").removesuffix("_phase_c")
    if quantity == "voltage" and quantity != key:
        return "V"
    return _UNITS.get(quantity, "")


def _device(topic: str, leaves: Leaves) -> str:
    topic = topic.removesuffix("/availability")
    return topic.removeprefix(_BASE) if topic.startswith(_BASE) else topic.rpartition("/")[2]


class Zigbee2Mqtt(JsonDialect):
    """As a dialect of JSON; besides, what is not the state of a device."""

    def __init__(self) -> None:
        super().__init__("zigbee2mqtt", _claim, _device, _unit_of, _IGNORED)

    def read(self, message: Message) -> Document:
        if message.topic.startswith(f"{_BASE}bridge/"):
            return Document(about="what the bridge says of itself and its devices")
        if message.topic.endswith(("/set", "/get")) or "/set/" in message.topic:
            return Document(about="a command to a device")
        if message.payload.lstrip()[:1] != b"{":
            # output = "attribute" in its settings: each value on a topic of its own
            device, _, attribute = message.topic.rpartition("/")
            label = Label(unit=_unit_of(attribute, {}))
            named = _device(device, {})
            return bare_document(message.payload, device=named, label=label, words=True)
        return super().read(message)
