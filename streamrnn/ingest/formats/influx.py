"""InfluxDB's line protocol, as Telegraf sends it: several lines, each with its own time.

    cpu,host=gw1,cpu=cpu0 usage_idle=98.3,usage_user=0.7 1700000000000000000
    cpu.cpu=cpu0.host=gw1.usage_idle = 98.3

The path is the measurement, the tags in the order of their keys, and the field; so a measurement is
selected by `fields = ["cpu"]`, part of it left out by `exclude = ["cpu.cpu=cpu0"]`. Times are
nanoseconds; coarser precisions, which the protocol allows, are told apart by their size.

https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/
"""

from __future__ import annotations

import re
from typing import Final

from streamrnn.ingest.format import Document, Leaves, Record, Sample, Scalar
from streamrnn.ingest.refusal import RefusedError, not_utf8, quote
from streamrnn.ingest.timestamp import unix_time
from streamrnn.records import Message, Reason

_ESCAPE: Final = re.compile(r"\\([,= \\\"])")
_KEY: Final = r"(?:\\.|[^\\,= \n])+"
_MEASUREMENT: Final = r"(?:\\.|[^\\, \n#])(?:\\.|[^\\, \n])*"
_STRING: Final = r'"(?:\\.|[^\\"])*"'
_LINE: Final = re.compile(
    rf"(?P<measurement>{_MEASUREMENT})(?P<tags>(?:,{_KEY}={_KEY})*)"
    rf" +(?P<fields>{_KEY}=(?:{_STRING}|[^ ,\"]+)(?:,{_KEY}=(?:{_STRING}|[^ ,\"]+))*)"
    r"(?: +(?P<time>-?\d+))? *\r?"
)
_TAG: Final = re.compile(rf",({_KEY})=({_KEY})")
_FIELD: Final = re.compile(rf",?({_KEY})=({_STRING}|[^ ,\"]+)")
_FLOAT: Final = re.compile(r"[+-]?(?:\d++(?:\.\d*+)?|\.\d++)(?:[eE][+-]?\d++)?")
_INTEGER: Final = re.compile(r"-?\d{1,20}[iu]")
_BOOLEANS: Final = {
    **dict.fromkeys(("t", "T", "true", "True", "TRUE"), True),
    **dict.fromkeys(("f", "F", "false", "False", "FALSE"), False),
}


class InfluxLine:
    """Lines of measurements."""

    name = "influx"
    parse = None

    def claim(self, sample: Sample) -> str:
        if sample.text is None or b"=" not in sample.payload:
            return ""
        try:
            _records(sample.text)
        except RefusedError:
            return ""
        return "the payload is lines of measurement, fields and time"

    def read(self, message: Message) -> Document:
        try:
            text = message.payload.decode()
        except UnicodeDecodeError as error:
            raise not_utf8(error) from None
        return Document(_records(text))


def _records(text: str) -> list[Record]:
    """Raises RefusedError; of a batch with one bad line, nothing can be trusted."""
    lines = [line for line in text.split("\n") if line.strip() and not line.startswith("#")]
    if not lines:
        raise RefusedError(Reason.EMPTY, "the payload has no lines")
    return [_record(line.lstrip(" ")) for line in lines]


def _record(line: str) -> Record:
    found = _LINE.fullmatch(line)
    if found is None:
        raise RefusedError(Reason.NOT_DECODABLE, f"not line protocol: {quote(line)}")
    tags = sorted(_TAG.findall(found["tags"]))
    parts = [_plain(found["measurement"]), *(f"{_plain(key)}={_plain(tag)}" for key, tag in tags)]
    leaves: Leaves = {}
    for key, raw in _FIELD.findall(found["fields"]):
        path = ".".join((*parts, _plain(key)))
        if path in leaves:
            raise RefusedError(Reason.DUPLICATE_KEY, f"the field {quote(path)} stands twice")
        leaves[path] = _value(raw)
    time = found["time"]
    return Record(leaves, unix_time(float(time[:30])) if time else None)


def _value(raw: str) -> Scalar:
    """Raises RefusedError."""
    if raw.startswith('"'):
        return _plain(raw[1:-1])
    if raw in _BOOLEANS:
        return _BOOLEANS[raw]
    if _INTEGER.fullmatch(raw):
        return int(raw[:-1])
    if _FLOAT.fullmatch(raw):
        return float(raw)
    raise RefusedError(Reason.NOT_DECODABLE, f"not a value in line protocol: {quote(raw)}")


def _plain(text: str) -> str:
    return _ESCAPE.sub(r"\1", text)
