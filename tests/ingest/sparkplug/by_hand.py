"""Sparkplug B payloads, byte by byte, from the field numbers of the specification."""

from __future__ import annotations

import struct
from collections.abc import Sequence

INT8, INT16, INT32, INT64, UINT8, UINT16, UINT32, UINT64 = range(1, 9)
FLOAT, DOUBLE, BOOLEAN, STRING, DATETIME, TEXT = range(9, 15)
DATASET, BYTES, TEMPLATE, INT32_ARRAY = 16, 17, 19, 24

_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5


def number(field: int, value: int) -> bytes:
    return varint(field << 3 | _VARINT) + varint(value)


def text(field: int, value: str | bytes) -> bytes:
    content = value.encode() if isinstance(value, str) else value
    return varint(field << 3 | _LENGTH) + varint(len(content)) + content


def varint(value: int) -> bytes:
    low, rest = value & 0x7F, value >> 7
    return bytes([low | 0x80]) + varint(rest) if rest else bytes([low])


def int_value(value: int) -> bytes:
    return number(10, value)


def long_value(value: int) -> bytes:
    return number(11, value)


def float_value(value: float) -> bytes:
    return varint(12 << 3 | _FIXED32) + struct.pack("<f", value)


def double_value(value: float) -> bytes:
    return varint(13 << 3 | _FIXED64) + struct.pack("<d", value)


def boolean_value(value: bool) -> bytes:
    return number(14, int(value))


def string_value(value: str | bytes) -> bytes:
    return text(15, value)


NULL = number(7, 1)
HISTORICAL = number(5, 1)
DATASET_VALUE = text(17, number(1, 2))  # num_of_columns
TEMPLATE_VALUE = text(18, text(1, "1.0"))  # version
BYTES_VALUE = text(16, b"\xff\x00")


def metric(
    name: str | bytes = "",
    *parts: bytes,
    alias: int | None = None,
    datatype: int = 0,
    at: int = 0,
    unit: str = "",
) -> bytes:
    """parts: encoded fields, such as a value. at: unix milliseconds."""
    fields = [text(1, name)] if name else []
    fields += [number(2, alias)] if alias is not None else []
    fields += [number(3, at)] if at else []
    fields += [number(4, datatype)] if datatype else []
    fields += [_properties(unit)] if unit else []
    return b"".join([*fields, *parts])


def _properties(unit: str) -> bytes:
    values = [number(1, INT32) + number(3, 7), number(1, STRING) + text(8, unit)]
    keys = text(1, "Quality") + text(1, "engUnit")
    return text(9, keys + b"".join(text(2, value) for value in values))


def payload(*metrics: bytes, seq: int | None = None, at: int = 0) -> bytes:
    """at: unix milliseconds."""
    fields: Sequence[bytes] = [
        number(1, at) if at else b"",
        *(text(2, each) for each in metrics),
        number(3, seq) if seq is not None else b"",
    ]
    return b"".join(fields)


def bd_seq(value: int) -> bytes:
    return metric("bdSeq", long_value(value), datatype=INT64)
