"""Theengs Gateway and OpenMQTTGateway: one JSON object per Bluetooth device.

On `home/<gateway>/BTtoMQTT/<address>`, decoded by Theengs Decoder, whose names of properties tell
the unit. `tempf` repeats `tempc` in other words, and the signal strength is no measurement. The
sensors of an OpenMQTTGateway itself, on `CLIMAtoMQTT` and `DHTtoMQTT`, use the same words; what it
hears of remote controls, on `433toMQTT` and `IRtoMQTT`, are codes.

https://gateway.theengs.io/use/use.html, and the properties of each device under
https://decoder.theengs.io/devices/devices.html; https://docs.openmqttgateway.com/use/sensors.html,
rf.html and ir.html beside it
"""

from __future__ import annotations

from typing import Final

from streamrnn.ingest.format import Document, Leaves, Sample
from streamrnn.ingest.formats.json_dialect import JsonDialect
from streamrnn.records import Message

_SENSORS: Final = ("BTtoMQTT", "CLIMAtoMQTT", "DHTtoMQTT")
_CODES: Final = frozenset(("433toMQTT", "IRtoMQTT", "PilighttoMQTT"))
_OWN: Final = "SYStoMQTT"
_TYRES: Final = "TPMS"  # the one model with its pressure in bar
_UNITS: Final = {
    **dict.fromkeys(("tempc", *(f"tempc{n}" for n in range(1, 7)), "tempc_min", "tempc_max"), "°C"),
    **dict.fromkeys(("tempc2_dp", "dp"), "°C"),  # dew points
    **dict.fromkeys(("hum", "batt", "moi", "position", "level"), "%"),
    "volt": "V",
    "lux": "lx",
    "darkness": "lx",
    "fer": "µS/cm",
    "pres": "hPa",
    "co2": "ppm",
    "tvoc": "ppb",
    "pm25": "µg/m³",
    "pm10": "µg/m³",
    "for": "mg/m³",
    "power": "W",
    "current": "A",
    "energy": "kWh",
    "litres": "L",
    "lvl_cm": "cm",
    "impedance": "Ω",
    "bpm": "bpm",
    "act_bpm": "bpm",
    **dict.fromkeys(("accx", "accy", "accz", "x_axis", "y_axis", "z_axis"), "m/s²"),
}
_IGNORED: Final = frozenset(
    (
        *("rssi", "txpower", "tx", "distance", "mac_type", "adv_type", "packet", "pid", "cidc"),
        *("acts", "cont", "track", "ctrl", "encr", "mic", "seq", "session", "tempf_min"),
        *("tempf_max", "tempf2_dp", "tempf", *(f"tempf{n}" for n in range(1, 7))),
    )
)


def _claim(sample: Sample) -> str:
    levels = sample.levels
    for level in _SENSORS:
        if level in levels[1:]:
            return f"the topic has {level}"
    if levels[-1] == _OWN or levels[-1] in _CODES:
        return f"the topic ends in {levels[-1]}" if isinstance(sample.json, dict) else ""
    keys = ("id", "rssi", "model_id")
    return f"the payload has {', '.join(keys)}" if sample.has(*keys) else ""


def _device(topic: str, leaves: Leaves) -> str:
    for key in ("name", "id"):
        value = leaves.get(key)
        if isinstance(value, str) and value:
            return value
    return topic.rpartition("/")[2]


def _unit_of(path: str, leaves: Leaves) -> str:
    if path == "pres" and leaves.get("model_id") == _TYRES:
        return "bar"
    return _UNITS.get(path, "")


class Theengs(JsonDialect):
    """As a dialect of JSON; besides, what a gateway says of itself."""

    def __init__(self) -> None:
        super().__init__("theengs", _claim, _device, _unit_of, _IGNORED)

    def read(self, message: Message) -> Document:
        last = message.topic.rpartition("/")[2]
        if last == _OWN:
            return Document(about="what the gateway says of itself")
        if last in _CODES:
            return Document(about="a code of a remote control")
        return super().read(message)
