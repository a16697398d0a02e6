"""JSON objects and arrays, whatever their keys mean.

    b'{"t": 1, "p": {"x": [2, true]}}'   {"t": 1, "p.x.0": 2, "p.x.1": True}

Stricter than most parsers: a key that stands twice in one object is refused, as one of the two
values would be lost. More lenient in one thing: NaN and 1e999, which devices do send, spoil only
themselves.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

import msgspec

from streamrnn.ingest.branches import collect, too_deep
from streamrnn.ingest.format import Document, Leaves, Record, Sample
from streamrnn.ingest.refusal import RefusedError, not_utf8, quote
from streamrnn.records import Message, Reason

_BRANCHES: Final = frozenset((dict, list))
_COLON: Final = b":"
_BACKSLASH: Final = b"\\"
_decode: Final = msgspec.json.Decoder().decode


class PlainJson:
    """JSON with no more known about it."""

    name = "json"

    def claim(self, sample: Sample) -> str:
        first = sample.payload.lstrip()[:1]
        return "the payload begins as JSON does" if first in (b"{", b"[") else ""

    def read(self, message: Message) -> Document:
        return Document((Record(read_json(message.payload)),))

    @property
    def parse(self) -> Callable[[bytes], Leaves]:
        return read_json


def read_json(payload: bytes) -> Leaves:
    """The leaves of a JSON object or array. Raises RefusedError."""
    document = parse_json(payload)
    colons = payload.count(_COLON)
    if type(document) is dict:
        # As many colons as keys: none stands twice, and only arrays and empty objects are nested.
        if len(document) == colons and (
            (payload.find(b"{", 1) < 0 and b"[" not in payload)  # quicker than the next line
            or _BRANCHES.isdisjoint(map(type, document.values()))
        ):
            return document
    elif type(document) is not list:
        raise RefusedError(Reason.NOT_DECODABLE, f"no JSON object or array: {quote(payload)}")
    leaves: Leaves = {}
    keys = collect(document, "", leaves)
    if colons != keys and _may_repeat_a_key(payload, leaves, colons - keys):
        _parse_slowly(payload)
    return leaves


def parse_json(payload: bytes) -> Any:
    """Any JSON value, repeated keys not looked for. Raises RefusedError."""
    try:
        return _decode(payload)
    except UnicodeDecodeError as error:
        raise not_utf8(error) from None
    except RecursionError:
        raise too_deep() from None
    except msgspec.DecodeError:
        return _parse_slowly(payload)


def _may_repeat_a_key(payload: bytes, leaves: Leaves, colons_left: int) -> bool:
    """Whether the payload has other colons than one for each key, and those inside of texts.

    The parser keeps the last of repeated keys, so each repetition leaves a colon too many.
    """
    if _BACKSLASH in payload:
        return True  # an escaped colon (\u003a) would make up for a lost one
    texts = [value for value in leaves.values() if type(value) is str]
    return "".join(texts).count(":") != colons_left


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    node = dict(pairs)
    if len(node) != len(pairs):
        keys = [key for key, _ in pairs]
        repeated = next(key for key in keys if keys.count(key) > 1)
        raise RefusedError(
            Reason.DUPLICATE_KEY, f"the key {quote(repeated)} stands twice in one object"
        )
    return node


_json_decoder: Final = json.JSONDecoder(object_pairs_hook=_unique, parse_int=float)


def _parse_slowly(payload: bytes) -> Any:
    """Parse what the fast parser refuses but devices send (NaN, 1e999), and find repeated keys."""
    try:
        return _json_decoder.decode(payload.decode())
    except UnicodeDecodeError as error:
        raise not_utf8(error) from None
    except RecursionError:
        raise too_deep() from None
    except json.JSONDecodeError as error:
        detail = f"not JSON: {error.msg} at character {error.pos} of {quote(payload)}"
        raise RefusedError(Reason.NOT_DECODABLE, detail) from None
