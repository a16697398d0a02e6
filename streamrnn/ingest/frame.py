"""What stays the same from message to message around the one number that changes.

    b'{"temperature":21.5,"unit":"C"}'      b'{"temperature":' ... b',"unit":"C"}'

Most sensors send one number in the same few words again and again. To look at these words, and
decode only the number, takes half the time of taking the object apart; and with nothing but a
number between them, no key can stand twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, TypeAlias

import msgspec

from streamrnn.ingest.format import Leaves
from streamrnn.ingest.refusal import RefusedError

_LONGEST: Final = 256  # bytes
_NUMBER: Final = re.compile(rb"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?!\Z)")  # not at the end
_TEXT: Final = re.compile(rb'(?<=")[^"\\]+(?=")')
_PROBE: Final = 0.1015625  # a number that no payload holds by chance
_PROBE_TEXT: Final = b"0.1015625"

decode_number: Final = msgspec.json.Decoder(float).decode


Frame: TypeAlias = tuple[bytes, bytes, int, int, str]
"""prefix, suffix, where the number begins and (from behind) ends, its stream. A plain tuple: it is
unpacked at every reading, and Python unpacks nothing faster."""


def find_frame(
    payload: bytes, parse: Callable[[bytes], Leaves], path: str, stream: str
) -> Frame | None:
    """The frame of the leaf at `path`, the only reading of a payload; None if there is none."""
    place = find_number(payload, parse, path)
    if place is None:
        return None
    begin, end = place
    return payload[:begin], payload[end:], begin, end - len(payload), stream


def find_number(
    payload: bytes, parse: Callable[[bytes], Leaves], path: str
) -> tuple[int, int] | None:
    """Where the number of a leaf stands in a payload that is not too long.

    Each number in the text is replaced to see whether it is that leaf, and nothing but that.
    """
    return _find(payload, parse, path, _NUMBER, _PROBE)


def find_text(
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
