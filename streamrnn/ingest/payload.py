"""Payload bytes -> leaves: every scalar of the payload, by its dotted path.

    b"23.4"                              {"value": 23.4}                     bare
    b"ON"                                {"value": "ON"}                     bare
    b'{"t": 1, "p": {"x": [2, true]}}'   {"t": 1, "p.x.0": 2, "p.x.1": True}

A leaf that `as_number` turns into a number can become a reading. Texts that are numbers:

    1   on   true    open     online
    0   off  false   closed   offline      in upper or lower case

A number in quotes is text: `"12"` may as well be a name. Another format of payload would be a
module beside this one that makes a `Document`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from typing import Any, Final, NamedTuple, TypeAlias

import msgspec

from streamrnn.ingest.refusal import RefusedError, quote
from streamrnn.records import Reason

Scalar: TypeAlias = float | int | str | None  # bool is an int
Leaves: TypeAlias = dict[str, Scalar]

BARE_FIELD: Final = "value"
MAX_DEPTH: Final = 16

_SWITCH_WORDS: Final = {
    **dict.fromkeys(("on", "true", "open", "online"), 1.0),
    **dict.fromkeys(("off", "false", "closed", "offline"), 0.0),
}
_LONGEST_SWITCH_WORD: Final = max(map(len, _SWITCH_WORDS))
_JSON_SPACE: Final = " \t\r\n"
_BRANCHES: Final = frozenset((dict, list))
_COLON: Final = ord(":")
_BACKSLASH: Final = ord("\\")

# As JSON has it, and what printf may write besides: "+5", "007", ".5", "5."
_PLAIN_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:[eE][+-]?[0-9]++)?")
_NOT_FINITE: Final = re.compile(r"[+-]?(?:nan|inf|infinity)", re.IGNORECASE)


class Document(NamedTuple):
    """A payload, taken apart."""

    leaves: Leaves
    bare: bool  # one value with no name of its own: it stands under BARE_FIELD


def as_number(value: object) -> float | None:
    """The number that a leaf stands for, infinite if too large for a float; None for none."""
    if isinstance(value, float):
        return value
    if isinstance(value, str):
        return _SWITCH_WORDS.get(value.lower()) if len(value) <= _LONGEST_SWITCH_WORD else None
    if isinstance(value, int):
        try:
            return float(value)
        except OverflowError:
            return math.inf if value > 0 else -math.inf
    return None


def read_payload(payload: bytes) -> Document:
    """Take a payload apart. Raises RefusedError."""
    first = payload.lstrip()[:1]
    if first in (b"{", b"["):
        return Document(read_json(payload), bare=False)
    try:
        text = payload.decode().strip(_JSON_SPACE)
    except UnicodeDecodeError as error:
        raise _not_utf8(error) from None
    if not text:
        raise RefusedError(Reason.EMPTY, "the payload is empty")
    return Document({BARE_FIELD: _bare_value(text)}, bare=True)


_decode_number: Final = msgspec.json.Decoder(float).decode
_SWITCH_PAYLOADS: Final = {
    spelling.encode(): number
    for word, number in _SWITCH_WORDS.items()
    for spelling in (word, word.upper(), word.capitalize())
}


def read_usual_number(payload: bytes) -> float | None:
    """The number of a bare payload, if spelled as usual; None: ask `read_payload`."""
    try:
        return _decode_number(payload)
    except msgspec.DecodeError:
        return _SWITCH_PAYLOADS.get(payload)


def read_json(payload: bytes) -> Leaves:
    """The leaves of a JSON object or array. Raises RefusedError."""
    document = _parse(payload)
    if type(document) is dict and _BRANCHES.isdisjoint(map(type, document.values())):
        leaves, keys = document, len(document)
    else:
        leaves = {}
        keys = _collect(document, "", leaves, MAX_DEPTH)
    colons_left = payload.count(_COLON) - keys
    if colons_left and _may_repeat_a_key(payload, leaves, colons_left):
        _parse_slowly(payload)
    return leaves


_decode_json: Final = msgspec.json.Decoder().decode


def _parse(payload: bytes) -> Any:
    try:
        return _decode_json(payload)
    except UnicodeDecodeError as error:
        raise _not_utf8(error) from None
    except RecursionError:
        raise _too_deep() from None
    except msgspec.DecodeError:
        return _parse_slowly(payload)


def _collect(node: Any, prefix: str, leaves: Leaves, levels_left: int) -> int:
    """Add the leaves under an object or array. Returns how many keys its objects have."""
    if levels_left == 0:
        raise _too_deep()
    is_object = type(node) is dict
    keys = len(node) if is_object else 0
    items: Iterable[tuple[str, Any]]
    items = node.items() if is_object else zip(map(str, range(len(node))), node, strict=True)
    for key, value in items:
        path = prefix + key
        if type(value) in _BRANCHES:
            keys += _collect(value, f"{path}.", leaves, levels_left - 1)
        elif path in leaves:
            detail = f"two values have the path {quote(path)}"
            raise RefusedError(Reason.DUPLICATE_KEY, detail)
        else:
            leaves[path] = value
    return keys


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
        raise _not_utf8(error) from None
    except RecursionError:
        raise _too_deep() from None
    except json.JSONDecodeError as error:
        detail = f"not JSON: {error.msg} at character {error.pos} of {quote(payload)}"
        raise RefusedError(Reason.NOT_DECODABLE, detail) from None


def _bare_value(text: str) -> Scalar:
    if _PLAIN_NUMBER.fullmatch(text) or _NOT_FINITE.fullmatch(text):
        return float(text)
    if text.startswith('"'):
        quoted: str = _parse(text.encode())
        return quoted
    return text


def _not_utf8(error: UnicodeDecodeError) -> RefusedError:
    return RefusedError(Reason.NOT_UTF8, f"the payload is not UTF-8: {error.reason}")


def _too_deep() -> RefusedError:
    return RefusedError(Reason.TOO_DEEP, f"JSON nested more than {MAX_DEPTH} levels deep")
