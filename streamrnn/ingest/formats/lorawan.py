"""Uplinks of LoRaWAN network servers: The Things Stack v3 (`ttn`) and ChirpStack v4.

What the payload formatter (codec) of the device decoded becomes readings. Signal strength of the
best gateway is there as `rssi` and `snr`, for those who list it in `fields`. The time is that at
which the network server, or the gateway, received the uplink.

Both servers leave out, in their JSON, what is 0, false or empty:

- `rssi`, `snr`, `fPort` and the like, always: there, absent is 0.
- In what was decoded it depends on the server's version. So a field that is absent is taken for 0
  only while all of this holds: it came in each of the last uplinks of that device and port, three
  at least; the uplink has another of those fields, or nothing at all; and this server has never
  been seen to write a 0 or false where something was decoded. Else it is just absent: a device that
  sends its battery once a day has no empty battery in between.

https://www.thethingsindustries.com/docs/the-things-stack/concepts/data-formats/
https://www.chirpstack.io/docs/chirpstack/integrations/events.html
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, Final

import msgspec

from streamrnn.ingest.branches import leaves_of
from streamrnn.ingest.format import Document, Label, Leaves, Record, Sample
from streamrnn.ingest.formats.plain_json import parse_json, read_json
from streamrnn.ingest.refusal import RefusedError
from streamrnn.ingest.timestamp import iso_time
from streamrnn.records import Message, Reason

_IGNORED: Final = frozenset(("rssi", "snr", "bytes"))  # bytes: what no formatter has decoded
_STATUS_LABELS: Final = {"margin": Label(unit="dB"), "batteryLevel": Label(unit="%")}
_TIMES_IN_A_ROW: Final = 3
_DEVICES_KEPT: Final = 10_000
_FIELDS_KEPT: Final = 100


class OmittedZeros:
    """Remembers, per device and port, which fields come in every uplink."""

    def __init__(self) -> None:
        self._zeros_are_written = False
        # by device and port, the longest silent first: field -> how many times in a row it came
        self._runs: OrderedDict[tuple[str, int], dict[str, int]] = OrderedDict()

    def to_state(self) -> Any:
        """What was learned, fit for JSON."""
        runs = [(*key, fields) for key, fields in self._runs.items()]
        return self._zeros_are_written, runs

    def restore(self, state: Any) -> None:
        """Takes up what `to_state` returned. Raises ValueError for anything else."""
        form = tuple[bool, list[tuple[str, int, dict[str, int]]]]
        self._zeros_are_written, runs = msgspec.convert(state, form)
        self._runs = OrderedDict(((device, port), fields) for device, port, fields in runs)

    def fill_in(self, device: str, port: int, leaves: Leaves) -> None:
        """Add the fields that are absent because they are 0; remember those that are there."""
        if not self._zeros_are_written:
            self._zeros_are_written = any(
                value == 0 for value in leaves.values() if isinstance(value, int | float)
            )
        key = device, port
        runs = self._runs.pop(key, {})
        steady = [path for path, times in runs.items() if times >= _TIMES_IN_A_ROW]
        if not self._zeros_are_written and (not leaves or any(path in leaves for path in steady)):
            for path in steady:
                leaves.setdefault(path, 0)
        self._runs[key] = {
            path: min(runs.get(path, 0) + 1, _TIMES_IN_A_ROW)
            for path, value in list(leaves.items())[:_FIELDS_KEPT]
            if isinstance(value, int | float)
        }
        if len(self._runs) > _DEVICES_KEPT:
            self._runs.popitem(last=False)


class _NetworkServer:
    """Remembers which fields of a device are left out where they are zero."""

    parse = None

    def __init__(self) -> None:
        self._zeros = OmittedZeros()

    def to_state(self) -> Any:
        return self._zeros.to_state()

    def restore(self, state: Any) -> None:
        self._zeros.restore(state)


class Ttn(_NetworkServer):
    """The Things Stack v3, which The Things Network runs."""

    name = "ttn"

    def claim(self, sample: Sample) -> str:
        key = "end_device_ids"
        return f"the payload has {key}" if sample.has(key) else ""

    def read(self, message: Message) -> Document:
        document = _object(message)
        uplink = document.get("uplink_message")
        if not isinstance(uplink, dict):
            kinds = [key for key in document if isinstance(document[key], dict)]
            kind = next((key for key in kinds if key != "end_device_ids"), "an event")
            return Document(about=f"{kind} of a device, no uplink")
        decoded = _decoded(uplink.get("decoded_payload"), "uplink_message.decoded_payload")
        device = _text(document.get("end_device_ids"), "device_id")
        self._zeros.fill_in(device, _integer(uplink, "f_port"), decoded)
        received_at = uplink.get("received_at") or document.get("received_at")
        leaves = _signal(uplink.get("rx_metadata"), "rssi", "snr") | decoded
        return Document((Record(leaves, iso_time(received_at)),), device=device, ignored=_IGNORED)


class ChirpStack(_NetworkServer):
    """ChirpStack v4, with its JSON marshaler."""

    name = "chirpstack"

    def claim(self, sample: Sample) -> str:
        keys = ("deduplicationId", "deviceInfo")
        if sample.has(*keys):
            return f"the payload has {' and '.join(keys)}"
        # `log` and `txack` come without the former.
        is_event = sample.levels[-2:-1] == ["event"] and sample.has(keys[1])
        return f"the topic is one of an event, and the payload has {keys[1]}" if is_event else ""

    def read(self, message: Message) -> Document:
        document = _object(message)
        info = document.get("deviceInfo")
        device = _text(info, "deviceName") or _text(info, "devEui")
        time = iso_time(document.get("time"))
        if message.topic.endswith("/event/status"):
            leaves: Leaves = {"margin": _integer(document, "margin")}
            if isinstance(document.get("batteryLevel"), int | float):
                leaves["batteryLevel"] = document["batteryLevel"]
            return Document((Record(leaves, time),), device=device, labels=_STATUS_LABELS)
        is_uplink = "object" in document or "data" in document
        if not is_uplink or "integrationName" in document:
            kind = message.topic.rpartition("/")[2][:40]
            return Document(about=f"the event {kind} of a device, no uplink")
        decoded = _decoded(document.get("object"), "object")
        self._zeros.fill_in(_text(info, "devEui") or device, _integer(document, "fPort"), decoded)
        leaves = _signal(document.get("rxInfo"), "rssi", "snr") | decoded
        return Document((Record(leaves, time),), device=device, ignored=_IGNORED)


def _object(message: Message) -> dict[str, Any]:
    read_json(message.payload)  # as strict as plain JSON: depth, repeated keys
    document = parse_json(message.payload)
    if not isinstance(document, dict):
        raise RefusedError(Reason.NOT_DECODABLE, "the payload is no JSON object")
    return document


def _decoded(decoded: Any, where: str) -> Leaves:
    if not isinstance(decoded, dict):
        raise RefusedError(
            Reason.NO_NUMERIC_FIELD,
            f"the uplink has no {where}: give the device a payload formatter on its server",
        )
    return leaves_of(decoded)


def _signal(gateways: Any, *keys: str) -> Leaves:
    """What the gateway that heard the uplink best says of it. Absent is 0."""
    heard = [each for each in gateways if isinstance(each, dict)] if _is_list(gateways) else []
    best = max(heard, key=lambda each: _number(each, keys[0]), default=None)
    return {} if best is None else {key: _number(best, key) for key in keys}


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _number(node: dict[str, Any], key: str) -> float:
    value = node.get(key, 0)
    return value if isinstance(value, int | float) else 0


def _integer(node: dict[str, Any], key: str) -> int:
    value = node.get(key, 0)
    return value if isinstance(value, int) else 0


def _text(node: Any, key: str) -> str:
    value = node.get(key) if isinstance(node, dict) else None
    return value if isinstance(value, str) else ""
