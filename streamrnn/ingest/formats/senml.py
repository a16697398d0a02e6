"""SenML, RFC 8428: a list of measurements in JSON or CBOR, with its rules of base fields.

Each entry becomes a record of its own, as each has its own time. Its path is the full name (base
name and name). Where a pack has several units under one name, or an entry has a unit and no name of
its own, the unit stands behind the name; a sum (`s`) has `.sum` there. Data values (`vd`) are no
numbers.

    [{"bn":"urn:dev:ow:10e2:","bt":1.7e9,"n":"voltage","u":"V","v":120.1},{"n":"current","v":1.2}]
    urn:dev:ow:10e2:voltage = 120.1 V       urn:dev:ow:10e2:current = 1.2       both at 1.7e9
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from streamrnn.ingest.format import Document, Label, Leaves, Record, Sample, Scalar
from streamrnn.ingest.formats.binary import parse_cbor
from streamrnn.ingest.formats.plain_json import parse_json, read_json
from streamrnn.ingest.refusal import RefusedError, quote
from streamrnn.records import Message, Reason

_NEWEST_VERSION: Final = 10
_ABSOLUTE: Final = 2.0**28  # section 4.5.3: below, a time is relative to now
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9\-:./_]*")  # section 4.5.1
# Section 6: the labels that CBOR has for the names in JSON.
_CBOR_LABELS: Final = {
    -1: "bver",
    -2: "bn",
    -3: "bt",
    -4: "bu",
    -5: "bv",
    -6: "bs",
    0: "n",
    1: "u",
    2: "v",
    3: "vs",
    4: "vb",
    5: "s",
    6: "t",
    7: "ut",
    8: "vd",
}
_KNOWN: Final = frozenset(_CBOR_LABELS.values())
_OTHER_VALUES: Final = frozenset(("vs", "vb", "vd", "s", "bs"))


class SenMl:
    """JSON, or CBOR where the payload is not text."""

    name = "senml"
    parse = None

    def claim(self, sample: Sample) -> str:
        entries = _cbor_entries(sample.payload) if sample.text is None else sample.json
        if _is_pack(entries):
            return "the payload is a list of objects with SenML's names and values"
        return ""

    def read(self, message: Message) -> Document:
        return _resolve(_entries(message.payload), message.received_at)


def _entries(payload: bytes) -> list[Any]:
    """Raises RefusedError."""
    if payload.lstrip()[:1] == b"[":
        read_json(payload)  # as strict as plain JSON: depth, repeated keys
        entries = parse_json(payload)
    else:
        entries = [_with_names(entry) for entry in _list(parse_cbor(payload))]
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise RefusedError(Reason.NOT_DECODABLE, "SenML is a list of objects")
    return entries


def _cbor_entries(payload: bytes) -> list[Any] | None:
    if not 0x80 <= payload[0] <= 0x9F:
        return None
    try:
        return [_with_names(entry) for entry in _list(parse_cbor(payload))]
    except RefusedError:
        return None


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise RefusedError(Reason.NOT_DECODABLE, "SenML is a list of objects")
    return value


def _with_names(entry: Any) -> Any:
    if not isinstance(entry, dict):
        return entry
    return {_CBOR_LABELS.get(key, key): value for key, value in entry.items()}


def _is_pack(entries: Any) -> bool:
    """Whether a document cannot well be anything but SenML: some name, some value, little else."""
    if not isinstance(entries, list) or not entries:
        return False
    if not all(isinstance(entry, dict) and entry for entry in entries):
        return False
    keys = set().union(*entries)
    strange = {key for key in keys if key not in _KNOWN}
    return not strange and bool(keys & {"n", "bn"}) and bool(keys & {"v", "vs", "vb", "vd", "s"})


class _Base(NamedTuple):
    """The base fields in force. Sections 4.1 and 4.6."""

    name: str = ""
    time: float = 0.0
    unit: str = ""
    value: float | None = None
    sum: float | None = None

    def after(self, entry: Mapping[str, Any]) -> _Base:
        """With those that an entry sets, which hold for it and for all that follow."""
        return _Base(
            name=_text(entry, "bn", self.name),
            time=_number(entry, "bt", self.time) or 0.0,
            unit=_text(entry, "bu", self.unit),
            value=_number(entry, "bv", self.value),
            sum=_number(entry, "bs", self.sum),
        )


class _Resolved(NamedTuple):
    """An entry for which no base fields are needed any more. values: by what is behind the name."""

    name: str
    unit: str
    time: float
    values: Leaves
    is_told_by_unit: bool

    @classmethod
    def of(cls, base: _Base, entry: Mapping[str, Any], now: float) -> _Resolved:
        """Raises RefusedError."""
        own = _text(entry, "n", "")
        name = base.name + own
        if not _NAME.fullmatch(name):
            raise RefusedError(
                Reason.BAD_STREAM_NAME, f"{quote(name)} is no name by the rules of SenML"
            )
        time = base.time + (_number(entry, "t", None) or 0.0)
        return cls(
            name,
            unit=_text(entry, "u", base.unit),
            time=time if time >= _ABSOLUTE else now + time,
            values=_values(base, entry),
            is_told_by_unit=not own and bool(_text(entry, "u", "")),
        )


def _resolve(entries: list[dict[str, Any]], now: float) -> Document:
    base = _Base()
    resolved: list[_Resolved] = []
    refusals: list[RefusedError] = []
    for entry in entries:
        try:
            _check_understood(entry)
            base = base.after(entry)
            resolved.append(_Resolved.of(base, entry, now))
        except RefusedError as refusal:
            refusals.append(refusal)
    units: dict[str, set[str]] = {}
    for each in resolved:
        units.setdefault(each.name, set()).add(each.unit)
    records: list[Record] = []
    labels: dict[str, Label] = {}
    for name, unit, time, values, is_told_by_unit in resolved:
        if unit and (is_told_by_unit or len(units[name]) > 1):
            name = f"{name}.{unit}"
        leaves: Leaves = {f"{name}{behind}": value for behind, value in values.items()}
        labels.update((path, Label(unit=unit)) for path in leaves if unit)
        records.append(Record(leaves, time))
    about = "" if any(record.leaves for record in records) or refusals else "a pack without values"
    return Document(records, labels=labels, refusals=refusals, about=about)


def _check_understood(entry: Mapping[str, Any]) -> None:
    version = entry.get("bver", _NEWEST_VERSION)
    if not isinstance(version, int) or version > _NEWEST_VERSION:
        raise RefusedError(
            Reason.NOT_DECODABLE, f"version {quote(version)} of SenML is not known here"
        )
    for key in entry:
        if isinstance(key, str) and key.endswith("_"):  # section 4.4: must be understood
            raise RefusedError(Reason.NOT_DECODABLE, f"the field {quote(key)} is not known here")


def _values(base: _Base, entry: Mapping[str, Any]) -> Leaves:
    values: Leaves = {}
    value = _number(entry, "v", None)
    if value is not None or (base.value is not None and _OTHER_VALUES.isdisjoint(entry)):
        values[""] = (base.value or 0.0) + (value or 0.0)
    other: Scalar = entry.get("vb", entry.get("vs"))
    if isinstance(other, bool | str):
        values[""] = other
    if "s" in entry or "bs" in entry:
        values[".sum"] = (base.sum or 0.0) + (_number(entry, "s", None) or 0.0)
    return values


def _number(entry: Mapping[str, Any], key: str, default: float | None) -> float | None:
    value = entry.get(key)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RefusedError(Reason.NOT_A_NUMBER, f"{key} = {quote(value)} is no number")
    try:
        return float(value)
    except OverflowError:
        raise RefusedError(Reason.NOT_FINITE, f"{key} is beyond every number") from None


def _text(entry: Mapping[str, Any], key: str, default: str) -> str:
    value = entry.get(key, default)
    if not isinstance(value, str):
        raise RefusedError(Reason.NOT_DECODABLE, f"{key} = {quote(value)} is no text")
    return value
