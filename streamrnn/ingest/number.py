"""Which values are numbers.

A number in quotes is text: `"12"` may as well be a name. Texts that are numbers:

    1   on   true    open     online
    0   off  false   closed   offline      in upper or lower case
"""

from __future__ import annotations

import math
import re
from typing import Final

import msgspec

from streamrnn.ingest.format import Scalar

_SWITCH_WORDS: Final = {
    **dict.fromkeys(("on", "true", "open", "online"), 1.0),
    **dict.fromkeys(("off", "false", "closed", "offline"), 0.0),
}
_LONGEST_SWITCH_WORD: Final = max(map(len, _SWITCH_WORDS))
_SWITCH_PAYLOADS: Final = {
    spelling.encode(): number
    for word, number in _SWITCH_WORDS.items()
    for spelling in (word, word.upper(), word.capitalize())
}
_decode_number: Final = msgspec.json.Decoder(float).decode

# As JSON has it, and what printf may write besides: "+5", "007", ".5", "5."
_PLAIN_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:[eE][+-]?[0-9]++)?")
_NOT_FINITE: Final = re.compile(r"[+-]?(?:nan|inf|infinity)", re.IGNORECASE)


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


def read_text(text: str) -> Scalar:
    """A value that stands alone, without quotes: a number where it is spelled like one."""
    if _PLAIN_NUMBER.fullmatch(text) or _NOT_FINITE.fullmatch(text):
        return float(text)
    return text


def read_usual_number(payload: bytes) -> float | None:
    """The number of a bare payload, if spelled as usual; None: look closer."""
    try:
        return _decode_number(payload)
    except msgspec.DecodeError:
        return _SWITCH_PAYLOADS.get(payload)
