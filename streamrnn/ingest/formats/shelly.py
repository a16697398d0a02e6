"""Shelly devices of both generations.

Generation 1: bare values below `shellies/<device>/`, and JSON on `.../info` and `.../status`.
Generation 2 and later: JSON-RPC notifications on `<device>/events/rpc`, and the status of one
component on `<device>/status/<component>`. Of a notification the `params` are read, so that
`{"params": {"ts": 1.7e9, "switch:0": {"id": 0, "apower": 8.9}}}` has the path `switch:0.apower`.

Temperatures come in °C and once more in °F, which is left out. Only `sensor/temperature` of
generation 1 comes in the one that its settings say, and so without a unit.

https://shelly-api-docs.shelly.cloud/gen1/#mqtt-support
https://shelly-api-docs.shelly.cloud/gen2/General/Notifications
"""

from __future__ import annotations

import re
from typing import Final

from streamrnn.ingest.format import Document, Label, Leaves, Sample
from streamrnn.ingest.formats.bare import bare_document
from streamrnn.ingest.formats.json_dialect import JsonDialect
from streamrnn.ingest.formats.plain_json import read_json
from streamrnn.records import Message

_BASE: Final = "shellies/"
_COMPONENT: Final = re.compile(r"[a-z][a-z0-9_]*:\d+")
_PARAMS: Final = "params."
_OF_PHASE_OR_ALL: Final = re.compile(r"(?:a|b|c|n|total)_")

_UNITS_GEN1: Final = {
    "power": "W",
    "overpower_value": "W",
    "reactive_power": "var",
    "voltage": "V",
    "adc": "V",
    "current": "A",
    "energy": "W·min",
    "returned_energy": "W·min",
    "total": "Wh",
    "total_returned": "Wh",
    "temperature": "°C",
    "ext_temperature": "°C",
    "humidity": "%",
    "ext_humidity": "%",
    "battery": "%",
    "pos": "%",
    "lux": "lx",
    "concentration": "ppm",
    "tilt": "°",
}
# In JSON, by the last key that is no index, or by the last two.
_UNITS: Final = {
    "apower": "W",
    "act_power": "W",
    "aprt_power": "VA",
    "voltage": "V",
    "current": "A",
    "freq": "Hz",
    "aenergy.total": "Wh",
    "ret_aenergy.total": "Wh",
    "total_act": "Wh",
    "total_act_ret": "Wh",
    "total_act_energy": "Wh",
    "total_act_ret_energy": "Wh",
    "tC": "°C",
    "current_C": "°C",
    "target_C": "°C",
    "rh": "%",
    "lux": "lx",
    "battery": "%",
    "battery.V": "V",
    "battery.percent": "%",
    "current_pos": "%",
    "target_pos": "%",
    "percent": "%",
    "brightness": "%",
    "ct": "K",
    # generation 1, of which meters count in W·min, and those of energy in Wh
    "meters.power": "W",
    "meters.total": "W·min",
    "emeters.power": "W",
    "emeters.reactive": "var",
    "emeters.total": "Wh",
    "emeters.total_returned": "Wh",
    "temperature": "°C",
    "hum.value": "%",
    "ext_humidity.hum": "%",
    "lux.value": "lx",
    "bat.value": "%",
    "bat.voltage": "V",
    "concentration.ppm": "ppm",
}
# About the device, not about what it measures; and what says the same once more.
_NOISE: Final = frozenset(
    (
        *("id", "tF", "current_F", "target_F", "rssi", "packet_id", "last_updated_ts", "minute_ts"),
        *("timer_started_at", "timer_started", "timer_duration", "timer_remaining", "has_timer"),
        *("is_valid", "timestamp", "event_cnt", "transition", "move_started_at", "move_timeout"),
    )
)
_NOISY_BRANCHES: Final = frozenset(("by_minute", "xby_minute", "counters", "errors", "schedules"))
# Components of generation 2 that measure nothing.
_OWN: Final = frozenset(
    (
        *("sys", "wifi", "eth", "mqtt", "cloud", "ble", "ws", "bthome", "script", "modbus"),
        *("ui", "plugs_ui", "ht_ui", "knx", "matter", "zigbee"),
    )
)
_KEYS_OF_OWN: Final = frozenset(("mac", "sta_ip", "ip", "connected", "running"))
_IGNORED: Final = _OWN | frozenset(
    (
        *("events", "awaiting_auth_code", "wifi_sta", "uptime", "unixtime", "serial", "has_update"),
        *("update", "fw_info", "new_fw", "cfg_changed_cnt", "actions_stats", "total_work_time"),
        *("ram_total", "ram_free", "ram_lwm", "fs_size", "fs_free"),
    )
)


def _claim(sample: Sample) -> str:
    if sample.topic.startswith(_BASE):
        return f"the topic lies under {_BASE}"
    if sample.topic.endswith("/events/rpc") and sample.has("src", "method", "params"):
        return "the topic ends in events/rpc, and the payload is a notification"
    if sample.topic.endswith("/rpc") and sample.has("src") and sample.has_any("method", "result"):
        return "the topic ends in rpc, and the payload is a call of a device, or its answer"
    if sample.levels[-2:-1] == ["command"] and _COMPONENT.fullmatch(sample.levels[-1]):
        return f"it is a command to {sample.levels[-1]}"
    if len(sample.levels) < 3 or sample.levels[-2] != "status" or not isinstance(sample.json, dict):
        return ""
    component = sample.levels[-1]
    is_component = (_COMPONENT.fullmatch(component) and sample.has("id")) or (
        component in _OWN and not (sample.json and _KEYS_OF_OWN.isdisjoint(sample.json))
    )
    return f"it is the status of {component}" if is_component else ""


def _device(topic: str, leaves: Leaves) -> str:
    if topic.startswith(_BASE):
        return topic.split("/")[1]
    return topic.removesuffix("/events/rpc").partition("/status/")[0]


def _unit_of(path: str, leaves: Leaves) -> str:
    keys = [key for key in path.split(".") if not key.isdigit()]
    last = keys[-1] if keys else ""
    both = ".".join(keys[-2:])
    return _UNITS.get(both) or _UNITS.get(last) or _UNITS.get(_OF_PHASE_OR_ALL.sub("", last, 1), "")


def _parse(payload: bytes) -> Leaves:
    """Leaves without those that every component has; of a notification those in `params`."""
    leaves = read_json(payload)
    is_notification = "method" in leaves
    found: Leaves = {}
    for path, value in leaves.items():
        if is_notification:
            if not path.startswith(_PARAMS):
                continue
            path = path.removeprefix(_PARAMS)
        keys = path.split(".")
        component, colon, _ = keys[0].partition(":")
        is_own = colon and component in _OWN
        if not is_own and keys[-1] not in _NOISE and _NOISY_BRANCHES.isdisjoint(keys):
            found[path] = value
    return found


class Shelly(JsonDialect):
    """As a dialect of JSON; besides, the bare values of generation 1."""

    def __init__(self) -> None:
        super().__init__("shelly", _claim, _device, _unit_of, _IGNORED, _parse)

    def read(self, message: Message) -> Document:
        about = _about(message.topic)
        if about:
            return Document(about=about)
        if message.payload.lstrip()[:1] == b"{":
            return super().read(message)
        levels = message.topic.split("/")
        kind = levels[-2] if levels[-1].isdigit() and len(levels) > 1 else levels[-1]
        is_as_set = levels[-2:] == ["sensor", "temperature"]
        label = Label(unit="" if is_as_set else _UNITS_GEN1.get(kind, ""))
        device = _device(message.topic, {})
        return bare_document(message.payload, device=device, label=label, words=True)


def _about(topic: str) -> str:
    """Of a topic without measurements, what it is about instead."""
    head, _, last = topic.rpartition("/")
    if last in ("announce", "command", "settings") or head.endswith("/command"):
        return "an announcement, settings or a command"
    if last == "rpc" and not head.endswith("/events"):
        return "a call of a device, or its answer"
    if topic.startswith(_BASE) and last == "set":
        return "a command to a light"
    if last in ("act_reasons", "temperature_status") or head.endswith("/input_event"):
        return "an event, or a state in words"
    if head.endswith("/status") and last.partition(":")[0] in _OWN:
        return f"what the device says of its {last}"[:80]
    if last.endswith("temperature_f") or head.endswith("temperature_f"):
        return "a temperature once more, in °F"
    return ""
