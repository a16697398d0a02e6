"""Tasmota: JSON on `tele/<device>/SENSOR` and `STATE`, answers on `stat/<device>/...`.

`Time` is the device's own local time, without a zone: any guess would be wrong somewhere, so the
time of arrival counts, unless the source says `time = { path = "Time", zone = "Europe/Vienna" }`.
Units of temperature and pressure stand in the message; the others are those of the documentation.

https://tasmota.github.io/docs/MQTT/
"""

from __future__ import annotations

import re
from typing import Final

from streamrnn.ingest.format import Leaves, Sample
from streamrnn.ingest.formats.json_dialect import JsonDialect

_KINDS: Final = re.compile(r"SENSOR|STATE|RESULT|STATUS\d*")
_PREFIXES: Final = frozenset(("tele", "stat"))
_UNITS: Final = {
    "Humidity": "%",
    "Illuminance": "lx",
    "CarbonDioxide": "ppm",
    "PM2.5": "µg/m³",
    "Power": "W",
    "ApparentPower": "VA",
    "ReactivePower": "var",
    "Voltage": "V",
    "Current": "A",
    "Frequency": "Hz",
    "Total": "kWh",
    "Today": "kWh",
    "Yesterday": "kWh",
}
_TEMPERATURES: Final = frozenset(("Temperature", "DewPoint"))
_PRESSURES: Final = frozenset(("Pressure", "SeaPressure"))
# About the device, not about what it measures.
_IGNORED: Final = frozenset(
    (
        *("UptimeSec", "Heap", "Sleep", "LoadAvg", "MqttCount", "Wifi", "Eth", "Berry", "Vcc"),
        *("Status", "StatusPRM", "StatusFWR", "StatusLOG", "StatusMEM", "StatusNET", "StatusMQT"),
        *("StatusTIM", "StatusSTS"),
    )
)


def _claim(sample: Sample) -> str:
    levels = sample.levels
    if len(levels) < 3 or not _KINDS.fullmatch(levels[-1]) or not isinstance(sample.json, dict):
        return ""
    prefixes = [level for level in levels[:-1] if level in _PREFIXES]
    return f"the topic has {prefixes[0]} and ends in {levels[-1]}" if prefixes else ""


def _device(topic: str, leaves: Leaves) -> str:
    return "/".join(level for level in topic.split("/")[:-1] if level not in _PREFIXES)


def _unit_of(path: str, leaves: Leaves) -> str:
    head, _, key = path.rpartition(".")
    if key in _TEMPERATURES:
        unit = _said(leaves, head, "TempUnit")
        return f"°{unit}" if unit in ("C", "F") else unit
    if key in _PRESSURES:
        return _said(leaves, head, "PressureUnit")
    # "Total" is energy only under ENERGY: rain gauges have one, too.
    unit = _UNITS.get(key, "")
    return unit if unit != "kWh" or "ENERGY" in head else ""


def _said(leaves: Leaves, head: str, key: str) -> str:
    """A unit stands beside the sensors, which answers to STATUS wrap in one more level."""
    value = leaves.get(key) or leaves.get(f"{head.partition('.')[0]}.{key}")
    return value if isinstance(value, str) else ""


class Tasmota(JsonDialect):
    """Nothing beyond a dialect."""

    def __init__(self) -> None:
        super().__init__("tasmota", _claim, _device, _unit_of, _IGNORED)
