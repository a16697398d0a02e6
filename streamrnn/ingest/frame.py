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
_PROBE: Final = 0.1015625  # a number that no payload holds by chance
_PROBE_TEXT: Final = b"0.1015625"

decode_number: Final = msgspec.json.Decoder(float).decode


Frame: TypeAlias = tuple[bytes, bytes, int, int, str]
"""prefix, suffix, where the number begins and (from behind) ends, its stream. A plain tuple: it is
unpacked at every reading, and Python unpacks nothing faster."""


def find_frame(
    payload: bytes, parse: Callable[[bytes], Leaves], path: str, stream: str
) -> Frame | None:
    """The frame of the leaf at `path`, the only reading of a payload; None if there is none.

    Each number in the text is replaced to see whether it is that leaf, and nothing but that.
    """
    if len(payload) > _LONGEST:
        return None
    wanted = parse(payload) | {path: _PROBE}
    for found in _NUMBER.finditer(payload):
        prefix, suffix = payload[: found.start()], payload[found.end() :]
        try:
            if parse(prefix + _PROBE_TEXT + suffix) == wanted:
                return prefix, suffix, len(prefix), -len(suffix), stream
        except RefusedError:
            continue
    return None
