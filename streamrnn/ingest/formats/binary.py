"""CBOR (RFC 8949) and MessagePack: objects and arrays as in JSON, in fewer bytes.

    a1 61 74 f9 4d 60    CBOR           {"t": 21.5}
    81 a1 74 cb ...      MessagePack    {"t": 21.5}

Keys that are integers are written as text. Byte strings, and whatever has no counterpart in JSON,
are no numbers; times (tags 0 and 1, extension -1) are read as times. A key that stands twice is
refused in CBOR; in MessagePack the last one counts.

A payload is recognised as a whole: it must be one object or array with nothing behind it.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

import cbor2
import msgspec

from streamrnn.ingest.branches import MAX_DEPTH, leaves_of, too_deep
from streamrnn.ingest.format import Document, Leaves, Record, Sample
from streamrnn.ingest.refusal import RefusedError, quote
from streamrnn.records import Message, Reason

# Shared values (28, 29) can make a payload of a few bytes a document without end; regular
# expressions (35) and e-mails (36) are for parsers that have better things to do.
_TAGS_REFUSED: Final = (28, 29, 35, 36)
_decode_msgpack: Final = msgspec.msgpack.Decoder().decode


class Cbor:
    """An object or array in CBOR."""

    name = "cbor"

    def claim(self, sample: Sample) -> str:
        # Arrays, maps, and "self-described CBOR" (tag 55799).
        first = sample.payload[:1]
        if not (b"\x80" <= first <= b"\xbf" or sample.payload.startswith(b"\xd9\xd9\xf7")):
            return ""
        return "the payload is CBOR" if _succeeds(self.parse, sample.payload) else ""

    def read(self, message: Message) -> Document:
        return Document((Record(self.parse(message.payload)),))

    def parse(self, payload: bytes) -> Leaves:
        return leaves_of(_container(parse_cbor(payload), "CBOR"))


class MessagePack:
    """An object or array in MessagePack."""

    name = "msgpack"

    def claim(self, sample: Sample) -> str:
        first = sample.payload[:1]
        if not (b"\x80" <= first <= b"\x9f" or b"\xdc" <= first <= b"\xdf"):
            return ""
        return "the payload is MessagePack" if _succeeds(self.parse, sample.payload) else ""

    def read(self, message: Message) -> Document:
        return Document((Record(self.parse(message.payload)),))

    def parse(self, payload: bytes) -> Leaves:
        try:
            document = _decode_msgpack(payload)
        except RecursionError:
            raise too_deep() from None
        except (ValueError, TypeError) as error:  # msgspec.DecodeError and UnicodeDecodeError, too
            detail = f"not MessagePack: {quote(str(error))}"
            raise RefusedError(Reason.NOT_DECODABLE, detail) from None
        return leaves_of(_container(_as_in_json(document, MAX_DEPTH), "MessagePack"))


def parse_cbor(payload: bytes) -> Any:
    """One CBOR item, as from JSON; keys of objects may be integers. Raises RefusedError."""
    file = io.BytesIO(payload)
    try:
        document = cbor2.load(
            file,
            max_depth=MAX_DEPTH + 1,
            allow_duplicate_keys=False,
            semantic_decoders=dict.fromkeys(_TAGS_REFUSED, _refuse_tag),
        )
    except (cbor2.CBORError, RecursionError) as error:
        raise RefusedError(Reason.NOT_DECODABLE, f"not CBOR: {quote(str(error))}") from None
    if file.tell() != len(payload):
        raise RefusedError(Reason.NOT_DECODABLE, "not CBOR: something stands behind the end")
    return _as_in_json(document, MAX_DEPTH)


def _refuse_tag(decoder: object, immutable: bool) -> Any:
    raise cbor2.CBORDecodeError("tags that refer to other items, or hold programs, are not read")


def _as_in_json(value: Any, levels_left: int) -> Any:
    """With JSON's types only; what has no counterpart there becomes null."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Mapping | list | tuple):  # in tagged items they are immutable
        if levels_left == 0:
            raise too_deep()
        if isinstance(value, Mapping):
            pairs = value.items()
            return {_as_key(key): _as_in_json(inner, levels_left - 1) for key, inner in pairs}
        return [_as_in_json(inner, levels_left - 1) for inner in value]
    if isinstance(value, cbor2.CBORTag):
        return _as_in_json([value.value], levels_left)[0]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Decimal | Fraction):
        try:
            return float(value)
        except (OverflowError, ValueError):
            return None
    return None


def _as_key(key: object) -> str | int:
    if isinstance(key, str | int):
        return key
    raise RefusedError(Reason.NOT_DECODABLE, f"the key {quote(key)} is neither text nor integer")


def _succeeds(parse: Any, payload: bytes) -> bool:
    try:
        parse(payload)
    except RefusedError:
        return False
    return True


def _container(document: Any, what: str) -> dict[str, Any] | list[Any]:
    if isinstance(document, dict | list):
        return document
    raise RefusedError(Reason.NOT_DECODABLE, f"a single value in {what}, no object or array")
