"""Theengs Gateway and OpenMQTTGateway: one JSON object per Bluetooth device.

On `home/<gateway>/BTtoMQTT/<address>`, decoded by Theengs Decoder, whose names of properties tell
the unit. `tempf` repeats `tempc` in other words, and the signal strength is no measurement.

https://decoder.theengs.io/use/properties.html
"""

from __future__ import annotations

from typing import Final

from streamrnn.ingest.format import Leaves, Sample
from streamrnn.ingest.formats.json_dialect import JsonDialect, by_last_key

_LEVEL: Final = "BTtoMQTT"
_UNITS: Final = {
    "tempc": "°C",
    "tempc2": "°C",
    "hum": "%",
    "batt": "%",
    "moi": "%",
    "volt": "V",
    "lux": "lx",
    "fer": "µS/cm",
    "pres": "hPa",
    "co2": "ppm",
    "tvoc": "ppb",
    "pm25": "µg/m³",
    "pm10": "µg/m³",
    "for": "µg/m³",
    "power": "W",
    "current": "A",
}
_IGNORED: Final = frozenset(
    (
        *("rssi", "txpower", "distance", "mac_type", "adv_type", "packet", "pid", "cidc", "acts"),
        *("cont", "track", "ctrl", "encr", "mic", "tempf", "tempf2"),
    )
)


def _claim(sample: Sample) -> str:
    if _LEVEL in sample.levels[:-1]:
        return f"the topic has {_LEVEL}"
    keys = ("id", "rssi", "model_id")
    return f"the payload has {', '.join(keys)}" if sample.has(*keys) else ""


def _device(topic: str, leaves: Leaves) -> str:
    for key in ("name", "id"):
        value = leaves.get(key)
        if isinstance(value, str) and value:
            return value
    return topic.rpartition("/")[2]


class Theengs(JsonDialect):
    """Nothing beyond a dialect."""

    def __init__(self) -> None:
        super().__init__("theengs", _claim, _device, by_last_key(_UNITS), _IGNORED)
