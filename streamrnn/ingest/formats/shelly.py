"""Shelly devices of both generations.

Generation 1: bare values below `shellies/<device>/`, and JSON on `.../info`.
Generation 2 and later: JSON-RPC notifications on `<device>/events/rpc`, and the status of one
component on `<device>/status/<component>`. Of a notification the `params` are read, so that
`{"params": {"ts": 1.7e9, "switch:0": {"id": 0, "apower": 8.9}}}` has the path `switch:0.apower`.

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

_UNITS_GEN1: Final = {
    "power": "W",
    "reactive_power": "var",
    "voltage": "V",
    "current": "A",
    "energy": "W·min",
    "returned_energy": "W·min",
    "total": "Wh",
    "total_returned": "Wh",
    "temperature": "°C",
    "temperature_f": "°F",
    "overtemperature": "",
    "humidity": "%",
    "battery": "%",
    "lux": "lx",
}
_UNITS_GEN2: Final = {
    "apower": "W",
    "act_power": "W",
    "total_act_power": "W",
    "aprt_power": "VA",
    "total_aprt_power": "VA",
    "voltage": "V",
    "current": "A",
    "freq": "Hz",
    "aenergy.total": "Wh",
    "ret_aenergy.total": "Wh",
    "total_act_energy": "Wh",
    "total_act_ret_energy": "Wh",
    "temperature.tC": "°C",
    "temperature.tF": "°F",
    "tC": "°C",
    "tF": "°F",
    "rh": "%",
    "lux": "lx",
    "battery.V": "V",
    "battery.percent": "%",
    "current_pos": "%",
    "brightness": "%",
}
# About the device, not about what it measures; and what says the same once more.
_NOISE: Final = frozenset(
    (
        *("id", "tF", "temperature.tF", "minute_ts", "timer_started_at", "timer_duration"),
        *("aenergy.minute_ts", "ret_aenergy.minute_ts"),
    )
)
_NOISY_BRANCHES: Final = frozenset(("by_minute", "counts", "errors"))
_IGNORED: Final = frozenset(
    (
        *(
            "events",
            "sys",
            "wifi",
            "eth",
            "mqtt",
            "cloud",
            "ble",
            "ws",
            "bthome",
            "script",
            "modbus",
        ),
        *(
            "wifi_sta",
            "uptime",
            "unixtime",
            "ram_total",
            "ram_free",
            "ram_lwm",
            "fs_size",
            "fs_free",
        ),
        *(
            "serial",
            "has_update",
            "update",
            "cfg_changed_cnt",
            "actions_stats",
            "fw_info",
            "new_fw",
        ),
    )
)


def _claim(sample: Sample) -> str:
    if sample.topic.startswith(_BASE):
        return f"the topic lies under {_BASE}"
    if sample.topic.endswith("/events/rpc") and sample.has("src", "method", "params"):
        return "the topic ends in events/rpc, and the payload is a notification"
    if len(sample.levels) >= 3 and sample.levels[-2] == "status" and sample.has("id"):
        component = sample.levels[-1]
        return f"it is the status of {component}" if _COMPONENT.fullmatch(component) else ""
    return ""


def _device(topic: str, leaves: Leaves) -> str:
    if topic.startswith(_BASE):
        return topic.split("/")[1]
    return topic.removesuffix("/events/rpc").partition("/status/")[0]


def _unit_of(path: str, leaves: Leaves) -> str:
    keys = path.rsplit(".", 2)
    return _UNITS_GEN2.get(".".join(keys[-2:])) or _UNITS_GEN2.get(keys[-1], "")


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
        is_noise = keys[-1] in _NOISE or ".".join(keys[-2:]) in _NOISE
        if not is_noise and _NOISY_BRANCHES.isdisjoint(keys):
            found[path] = value
    return found


class Shelly(JsonDialect):
    """As a dialect of JSON; besides, the bare values of generation 1."""

    def __init__(self) -> None:
        super().__init__("shelly", _claim, _device, _unit_of, _IGNORED, _parse)

    def read(self, message: Message) -> Document:
        topic = message.topic
        if topic.endswith(("/announce", "/command", "/rpc")) and not topic.endswith("/events/rpc"):
            return Document(about="an announcement or a command")
        if message.payload.lstrip()[:1] == b"{":
            return super().read(message)
        label = Label(unit=_UNITS_GEN1.get(topic.rpartition("/")[2], ""))
        return bare_document(message.payload, device=_device(topic, {}), label=label)
