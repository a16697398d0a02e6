"""The value of a metric.

Signed integers travel as unsigned ones, in two's complement: of their own width by the letter of
the specification, of 32 or 64 bits from devices that widen them first. Both are understood. A type
is needed to tell -1 from 4294967295; floats and booleans carry their own.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from streamrnn.ingest.format import Scalar
from streamrnn.ingest.refusal import RefusedError, quote
from streamrnn.ingest.sparkplug.wire import WireMessage
from streamrnn.records import Reason


class DataType(IntEnum):
    """The types of metrics that are told apart here; a message may hold others."""

    UNKNOWN = 0
    INT8 = 1
    INT16 = 2
    INT32 = 3
    INT64 = 4
    UINT8 = 5
    UINT16 = 6
    UINT32 = 7
    UINT64 = 8
    BOOLEAN = 11
    DATETIME = 13


_SIGNED_BITS: Final[dict[int, int]] = {
    DataType.INT8: 8,
    DataType.INT16: 16,
    DataType.INT32: 32,
    DataType.INT64: 64,
}
_UNSIGNED_BITS: Final[dict[int, int]] = {
    DataType.UINT8: 8,
    DataType.UINT16: 16,
    DataType.UINT32: 32,
    DataType.UINT64: 64,
}
_NO_NUMBERS: Final = {
    "bytes_value": "bytes, a file or an array",
    "dataset_value": "a dataset",
    "template_value": "a template",
    "extension_value": "an extension",
}


def read_value(metric: WireMessage, datatype: int) -> Scalar:
    """The value; None for null and for a time of day. Raises RefusedError.

    datatype: of the metric, or of its birth where the metric names none.
    """
    field = metric.WhichOneof("value")
    if field is None or metric.is_null:
        return None
    if field in ("float_value", "double_value", "boolean_value"):
        value: Scalar = getattr(metric, field)
        return value
    if field in ("int_value", "long_value"):
        return _integer(getattr(metric, field), datatype)
    if field == "string_value":
        return _text(metric.string_value)
    raise RefusedError(Reason.NOT_A_NUMBER, f"it is {_NO_NUMBERS[field]}")


def read_text(text: bytes, what: str) -> str:
    """Text as it came over the wire. Raises RefusedError."""
    try:
        return text.decode()
    except UnicodeDecodeError:
        raise RefusedError(Reason.NOT_UTF8, f"{what} {quote(text)} is not UTF-8") from None


def _text(text: bytes) -> str:
    return read_text(text, "its text")


def _integer(carried: int, datatype: int) -> int | None:
    if datatype == DataType.UNKNOWN:
        raise RefusedError(
            Reason.UNKNOWN_METRIC, "an integer whose type stands in a birth that was not heard"
        )
    if datatype == DataType.BOOLEAN:
        return int(carried != 0)
    if datatype == DataType.DATETIME:
        return None
    bits = _SIGNED_BITS.get(datatype)
    if bits is not None:
        value = _signed(carried, bits)
        least, most = -(1 << bits - 1), (1 << bits - 1) - 1
    else:
        bits = _UNSIGNED_BITS.get(datatype)
        if bits is None:
            raise RefusedError(
                Reason.NOT_A_NUMBER, f"an integer, where type {datatype} says otherwise"
            )
        value, least, most = carried, 0, (1 << bits) - 1
    if not least <= value <= most:
        raise RefusedError(Reason.OUT_OF_BOUNDS, f"{value} does not fit into {bits} bits")
    return value


def _signed(carried: int, bits: int) -> int:
    """Of two's complement, in the type's own width or widened to 32 or 64 bits."""
    for width in (bits, 32, 64):
        if width >= bits and 1 << width - 1 <= carried < 1 << width:
            return carried - (1 << width)
    return carried
