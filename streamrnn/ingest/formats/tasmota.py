"""Tasmota: JSON on `tele/<device>/SENSOR` and `STATE`, answers on `stat/<device>/...`, of which
those on `POWER` and `POWER1` ... are bare values, unless a device was told to answer there with
JSON (SetOption4). What lies under `cmnd/` are commands to devices, and `INFO1` to `INFO3`,
`DEEPSLEEP` and the like tell of the device itself.

A device says the same thing in several places: a relay in `STATE`, `RESULT` and `POWER`, a sensor
in `SENSOR` and when asked by `STATUS 10`. So the streams are named after device and field alone:
`<device>/POWER`, `<device>/DHT11.Temperature`.

`Time` is the device's own local time, mostly without a zone: any guess would be wrong somewhere,
so the time of arrival counts, unless the message has a zone or `Epoch` (as the device is set), or
the source says `time = { path = "Time", zone = "Europe/Vienna" }`.
Units of temperature, pressure and speed stand in the message; the others are those of the
documentation. A meter of several phases sends lists: `ENERGY.Power.0`, `ENERGY.Power.1`.

`RESULT` answers commands: most of it are settings (`{"MqttPort": 1883}`). Only what switches,
lights and shutters do is read.

https://tasmota.github.io/docs/MQTT/
https://tasmota.github.io/docs/JSON-Status-Responses/
https://tasmota.github.io/docs/DeepSleep/
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from streamrnn.ingest.format import Document, Leaves, Sample
from streamrnn.ingest.formats.bare import bare_document
from streamrnn.ingest.formats.json_dialect import JsonDialect
from streamrnn.ingest.formats.plain_json import read_json
from streamrnn.records import Message

_ABOUT_ITSELF: Final = re.compile(r"INFO\d|DEEPSLEEP|UPTIME")
_KINDS: Final = re.compile(rf"SENSOR|STATE|RESULT|STATUS\d*|{_ABOUT_ITSELF.pattern}")
_PREFIXES: Final = frozenset(("tele", "stat"))
_COMMANDS: Final = "cmnd"
_BARE: Final = re.compile(r"POWER\d*|LWT")
_ASKED_FOR: Final = "StatusSNS."
_UNITS: Final = {
    "Humidity": "%",
    "Moisture": "%",
    "Illuminance": "lx",
    "Ambient": "lx",
    "CCT": "K",
    "CarbonDioxide": "ppm",
    "eCO2": "ppm",
    "TVOC": "ppb",
    "PM1": "µg/m³",
    "PM2.5": "µg/m³",
    "PM10": "µg/m³",
    "CF1": "µg/m³",
    "CF2.5": "µg/m³",
    "CF10": "µg/m³",
    "Distance": "cm",
    "Weight": "kg",
    "Power": "W",
    "ActivePower": "W",
    "ApparentPower": "VA",
    "ReactivePower": "var",
    "PhaseAngle": "°",
    "Voltage": "V",
    "Current": "A",
    "CurrentNeutral": "A",
    "Frequency": "Hz",
    "ImportActive": "kWh",
    "ExportActive": "kWh",
    "ExportTariff": "kWh",
    "ImportReactive": "kvarh",
    "ExportReactive": "kvarh",
}
# Under ENERGY only: rain gauges have a total, too.
_ENERGIES: Final = frozenset(("Total", "TotalTariff", "Today", "Yesterday"))
# Of a flash of lightning, in no unit that the documentation tells; of a bulb: whether it is on.
_OTHER_QUANTITIES: Final = re.compile(r"AS3935\.Distance|MtrReceived\..*Power")
_WITH_A_DOT: Final = ("PM2", "CF2")  # PM2.5 is one key
_UNITS_SAID: Final = {
    "Temperature": "TempUnit",
    "DewPoint": "TempUnit",
    "Pressure": "PressureUnit",
    "SeaPressure": "PressureUnit",
    "Speed": "SpeedUnit",
}
# About the device, not about what it measures.
_IGNORED: Final = frozenset(
    (
        *("UptimeSec", "Heap", "Sleep", "LoadAvg", "MqttCount", "Wifi", "Eth", "Berry", "Vcc"),
        *("Fade", "Speed", "LedTable", "Scheme"),  # of a light
        *("Status", "StatusPRM", "StatusFWR", "StatusLOG", "StatusMEM", "StatusNET", "StatusMQT"),
        *("StatusTIM", "StatusSTS"),
    )
)
_NOISE: Final = frozenset(("LinkQuality", "Endpoint", "RSSI", "SNR"))  # of other devices, relayed
_DONE: Final = re.compile(r"(?:POWER|Dimmer|White|CT|Channel|Shutter|Switch)\d*")


def _claim(sample: Sample) -> str:
    levels = sample.levels
    if len(levels) >= 3 and _COMMANDS in levels[:-1]:
        return f"the topic has {_COMMANDS}"
    prefixes = [level for level in levels[:-1] if level in _PREFIXES]
    if len(levels) < 3 or not prefixes:
        return ""
    is_object = _KINDS.fullmatch(levels[-1]) and isinstance(sample.json, dict)
    if not is_object and not _BARE.fullmatch(levels[-1]):
        return ""
    return f"the topic has {prefixes[0]} and ends in {levels[-1]}"


def _device(topic: str, leaves: Leaves) -> str:
    return "/".join(level for level in topic.split("/")[:-1] if level not in _PREFIXES)


def _unit_of(path: str, leaves: Leaves) -> str:
    head, _, key = _without_index(path).rpartition(".")
    if head.endswith(_WITH_A_DOT):
        head, key = head.rpartition(".")[0], f"{head[-3:]}.{key}"
    if _OTHER_QUANTITIES.fullmatch(path):
        return ""
    if key in _UNITS_SAID:
        unit = _said(leaves, _UNITS_SAID[key])
        return f"°{unit}" if unit in ("C", "F") else unit
    if key in _ENERGIES:
        return "kWh" if "ENERGY" in head else ""
    return _UNITS.get(key, "")


def _without_index(path: str) -> str:
    head, _, last = path.rpartition(".")
    return head if last.isdigit() and not head.endswith(_WITH_A_DOT) else path


def _said(leaves: Leaves, key: str) -> str:
    """A unit, which stands beside the sensors."""
    value = leaves.get(key)
    return value if isinstance(value, str) else ""


def _parse(payload: bytes) -> Leaves:
    """The sensors, which an answer to STATUS 10 wraps in one more level, without it."""
    leaves = read_json(payload)
    if not payload.startswith(b'{"StatusSNS"'):
        return leaves
    return {path.removeprefix(_ASKED_FOR): value for path, value in leaves.items()}


class Tasmota(JsonDialect):
    """As a dialect of JSON, of which not everything measures something."""

    def __init__(self) -> None:
        super().__init__("tasmota", _claim, _device, _unit_of, _IGNORED, _parse)

    def read(self, message: Message) -> Document:
        *above, last = message.topic.split("/")
        if _COMMANDS in above:
            return Document(about="a command to a device")
        if _ABOUT_ITSELF.fullmatch(last):
            return Document(about="what the device says of itself")
        device = _device(message.topic, {})
        if _BARE.fullmatch(last) and message.payload.lstrip()[:1] != b"{":
            return replace(bare_document(message.payload, device=device, name=last), topic=device)
        document = replace(super().read(message), topic=device)
        leaves = document.records[0].leaves
        noise = {path for path in leaves if path.rpartition(".")[2] in _NOISE}
        if last == "RESULT" or _BARE.fullmatch(last):
            keys = {path.partition(".")[0] for path in leaves}
            noise |= {key for key in keys if not _DONE.fullmatch(key)}
        return replace(document, ignored=_IGNORED | noise) if noise else document
