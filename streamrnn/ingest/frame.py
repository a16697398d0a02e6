"""What stays the same from message to message around the one number that changes.

    b'{"temperature":21.5,"unit":"C"}'      b'{"temperature":' ... b',"unit":"C"}'

Most sensors send one number in the same few words again and again. To look at these words, and
decode only the number, takes half the time of taking the object apart; and with nothing but a
number between them, no key can stand twice.

Where a time changes as well, it is as long in each message, so that only the number between or
after the words has to be looked for:

    b'{"ts":1700000000,"temperature":21.5}'     b'{"ts":' 10 bytes b',"temperature":' ... b'}'
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Final, TypeAlias

import msgspec

from streamrnn.ingest.format import Leaves
from streamrnn.ingest.refusal import RefusedError
from streamrnn.ingest.timestamp import Stamp

_LONGEST: Final = 256  # bytes
_NUMBER: Final = re.compile(rb"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?!\Z)")  # not at the end
_TEXT: Final = re.compile(rb'(?<=")[^"\\]+(?=")')
_NAN: Final = float("nan")
_BETWEEN_DAY_AND_HOUR: Final = b"T "
_PROBE: Final = 0.1015625  # a number that no payload holds by chance
_PROBE_TEXT: Final = b"0.1015625"

decode_number: Final = msgspec.json.Decoder(float).decode


Frame: TypeAlias = tuple[bytes, bytes, int, int, str]
"""prefix, suffix, where the number begins and (from behind) ends, its stream. A plain tuple: it is
unpacked at every reading, and Python unpacks nothing faster."""


StampedFrame: TypeAlias = tuple[bytes, slice, bytes, slice, bytes, slice, slice, slice, float, str]
"""A frame with a time in it: prefix, middle and suffix, each with its place; where the time is, and
the number; what the time is a number of per second, 0 for ISO 8601 with a zone; the stream."""


def find_frame(
    payload: bytes, parse: Callable[[bytes], Leaves], path: str, stream: str
) -> Frame | None:
    """The frame of the leaf at `path`, the only reading of a payload; None if there is none."""
    place = _find_number(payload, parse, path)
    if place is None:
        return None
    begin, end = place
    return payload[:begin], payload[end:], begin, end - len(payload), stream


def find_stamped_frame(
    payload: bytes, parse: Callable[[bytes], Leaves], path: str, stream: str, stamp: Stamp
) -> StampedFrame | None:
    """The frame of the leaf at `path` and its time; None if there is none."""
    value = _find_number(payload, parse, path)
    per_second = _per_second(parse(payload)[stamp.path], stamp.time)
    if value is None or per_second is None:
        return None
    find = _find_number if per_second else _find_text
    time = find(payload, parse, stamp.path)
    if time is None:
        return None
    size = len(payload)
    (_, first), (second, _) = sorted((value, time))
    stamp_first = time < value
    # What lies behind the number, whose length changes, is counted from the end.
    before, after = slice(0, min(value, time)[0]), slice(max(value, time)[1] - size, None)
    if stamp_first:
        stamp_at, middle_at = slice(*time), slice(first, second)
        value_at = slice(second, after.start)
    else:
        stamp_at, middle_at = slice(second - size, after.start), slice(first - size, second - size)
        value_at = slice(value[0], first - size)
    words = payload[before], before, payload[middle_at], middle_at, payload[after], after
    return *words, stamp_at, value_at, per_second, stream


def read_stamp_in_frame(text: bytes, per_second: float) -> float:
    """Unix time; NaN for what has to be looked at closely. Raises DecodeError, ValueError."""
    if per_second:
        return decode_number(text) / per_second
    moment = datetime.fromisoformat(text.decode())
    # Python takes anything between day and hour, also what cannot stand in a JSON text.
    if moment.tzinfo is None or text[10] not in _BETWEEN_DAY_AND_HOUR:
        return _NAN
    return moment.timestamp()


def _per_second(leaf: object, time: float) -> float | None:
    """What the leaf is a number of, if it is this time; 0 for a text."""
    if isinstance(leaf, str):
        return 0.0
    if isinstance(leaf, int | float):
        return next((many for many in (1.0, 1e3, 1e6) if leaf / many == time), None)
    return None


def _find_number(
    payload: bytes, parse: Callable[[bytes], Leaves], path: str
) -> tuple[int, int] | None:
    """Where the number of a leaf stands in a payload that is not too long.

    Each number in the text is replaced to see whether it is that leaf, and nothing but that.
    """
    return _find(payload, parse, path, _NUMBER, _PROBE)


def _find_text(
    payload: bytes, parse: Callable[[bytes], Leaves], path: str
) -> tuple[int, int] | None:
    """Likewise of a text, without its quotes."""
    return _find(payload, parse, path, _TEXT, _PROBE_TEXT.decode())


def _find(
    payload: bytes,
    parse: Callable[[bytes], Leaves],
    path: str,
    pattern: re.Pattern[bytes],
    probe: float | str,
) -> tuple[int, int] | None:
    if len(payload) > _LONGEST:
        return None
    wanted = parse(payload) | {path: probe}
    for found in pattern.finditer(payload):
        begin, end = found.span()
        try:
            if parse(payload[:begin] + _PROBE_TEXT + payload[end:]) == wanted:
                return begin, end
        except RefusedError:
            continue
    return None
