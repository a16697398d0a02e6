"""Arrays and a little JSON as the bytes of a file, and back. Pure: no I/O; never pickle.

    magic    8 bytes
    version  uint32   of this format
    header   uint64   its length in bytes
    total    uint64   length of the whole file
    header   JSON: {"arrays": [[name, dtype, shape], ...], "facts": {...}}
    arrays   raw, little-endian, in C order, each beginning at a multiple of ALIGNMENT
    crc      uint32   CRC-32 of all before

Magic, version and CRC keep their places in every version: so a damaged file and one from a newer
program are told apart.
"""

from __future__ import annotations

import json
import math
import struct
import zlib
from collections.abc import Iterable, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from streamrnn.errors import StateError

VERSION: Final = 1
ALIGNMENT: Final = 64
MAGIC: Final = b"strnn\r\n\x1a"

_PREFIX: Final = struct.Struct("<8sIQQ")
_CRC: Final = struct.Struct("<I")
_KINDS: Final = "biuf"  # bool, int, unsigned int, float: nothing that could hold an object

Buffer = bytes | memoryview


class DamagedError(StateError):
    """The bytes are not what was written."""


class NewerFormatError(StateError):
    """Written whole by a newer version of the program."""


def encode(arrays: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]) -> list[Buffer]:
    """The file in pieces, to be written one after the other; large arrays are not copied.

    facts: fit for JSON. Raises TypeError for arrays of objects, texts or structures.
    """
    contiguous = {name: _plain(name, array) for name, array in arrays.items()}
    listed = [[name, a.dtype.str, list(a.shape)] for name, a in contiguous.items()]
    header = json.dumps({"arrays": listed, "facts": facts}, allow_nan=False).encode()
    body: list[Buffer] = []
    size = _PREFIX.size + len(header)
    for array in contiguous.values():
        body += [bytes(_padding(size)), array.reshape(-1).view(np.uint8).data]
        size += _padding(size) + array.nbytes
    prefix = _PREFIX.pack(MAGIC, VERSION, len(header), size + _CRC.size)
    pieces: list[Buffer] = [prefix, header, *body]
    return [*pieces, checksum(pieces)]


def decode(data: bytes) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """(arrays, facts). The arrays are read-only views of `data`.

    Raises DamagedError or NewerFormatError.
    """
    if len(data) < _PREFIX.size + _CRC.size:
        raise DamagedError(f"damaged: {len(data)} bytes are too few")
    magic, version, header_size, total = _PREFIX.unpack_from(data)
    if magic != MAGIC:
        raise DamagedError("damaged, or not a file of streamrnn: it begins with other bytes")
    if checksum([memoryview(data)[: -_CRC.size]]) != data[-_CRC.size :]:
        raise DamagedError("damaged: its checksum does not fit its content")
    if version > VERSION:
        raise NewerFormatError(
            f"written by a newer version of streamrnn (format {version}, this one reads up to "
            f"{VERSION}): install that version, or move the file away to start afresh"
        )
    if total != len(data):
        raise DamagedError(f"damaged: {len(data)} bytes long, not {total}")
    header = json.loads(data[_PREFIX.size : _PREFIX.size + header_size])
    arrays, at = {}, _PREFIX.size + header_size
    for name, dtype, shape in header["arrays"]:
        at += _padding(at)
        count = math.prod(shape)
        arrays[name] = np.frombuffer(data, np.dtype(dtype), count, at).reshape(shape)
        at += arrays[name].nbytes
    return arrays, header["facts"]


def checksum(pieces: Iterable[Buffer]) -> bytes:
    """The last bytes of a file, from all that stand before them."""
    crc = 0
    for piece in pieces:
        crc = zlib.crc32(piece, crc)
    return _CRC.pack(crc)


def _plain(name: str, array: NDArray[Any]) -> NDArray[Any]:
    if array.dtype.kind not in _KINDS:
        raise TypeError(f"array {name!r} of {array.dtype}: must be of numbers or bool")
    return np.asarray(array, array.dtype.newbyteorder("<"), order="C")


def _padding(size: int) -> int:
    return -size % ALIGNMENT
