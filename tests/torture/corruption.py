"""Checkpoints and journals that were changed on the disk: no change is taken for state."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

from streamrnn.detect import arrays_file
from streamrnn.service.outbox import journal
from tests.service.test_outbox import event
from tests.torture.figures import Figures
from tests.torture.powercut import pieces

_BLOCK = 512


def run(folder: Path, count: int, seed: int = 0) -> Figures:
    """count: corruptions of a checkpoint, and as many of a line of the journal."""
    rng = random.Random(seed)
    whole, other = (b"".join(pieces(generation)) for generation in (1, 2))
    line = journal.encode(journal.Queued(1, event(1)))[:-1]
    refused = ignored = 0
    for _ in range(count):
        corrupt = rng.choice(_CORRUPTIONS)
        damaged = corrupt(bytearray(whole), other, rng)
        if damaged == whole:
            continue
        try:
            arrays_file.decode(bytes(damaged))
        except arrays_file.DamagedError:
            refused += 1
        else:
            raise AssertionError(f"accepted after {corrupt.__name__}")
        damaged = corrupt(bytearray(line), line, rng)
        if damaged != line:
            assert journal.decode(bytes(damaged)) is None, bytes(damaged)
            ignored += 1
    figures = Figures("corruption")
    figures["checkpoints refused"] = refused
    figures["journal lines refused"] = ignored
    figures["accepted"] = 0
    return figures


Corruption = Callable[[bytearray, bytes, random.Random], bytearray]


def flip_bits(data: bytearray, other: bytes, rng: random.Random) -> bytearray:
    for _ in range(rng.choice((1, 1, 2, 8))):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return data


def flip_in_the_head(data: bytearray, other: bytes, rng: random.Random) -> bytearray:
    data[rng.randrange(min(200, len(data)))] ^= 1 << rng.randrange(8)
    return data


def overwrite(data: bytearray, other: bytes, rng: random.Random) -> bytearray:
    at = rng.randrange(len(data))
    length = rng.randrange(1, 64)
    data[at : at + length] = rng.randbytes(len(data[at : at + length]))
    return data


def zero_a_block(data: bytearray, other: bytes, rng: random.Random) -> bytearray:
    at = rng.randrange(len(data)) // _BLOCK * _BLOCK
    data[at : at + _BLOCK] = bytes(len(data[at : at + _BLOCK]))
    return data


def cut(data: bytearray, other: bytes, rng: random.Random) -> bytearray:
    del data[rng.randrange(len(data)) :]
    return data


def extend(data: bytearray, other: bytes, rng: random.Random) -> bytearray:
    return data + rng.randbytes(rng.randrange(1, 100))


def graft(data: bytearray, other: bytes, rng: random.Random) -> bytearray:
    """A piece of another generation at its place."""
    at = rng.randrange(len(data))
    data[at : at + _BLOCK] = other[at : at + _BLOCK]
    return data


def swap_blocks(data: bytearray, other: bytes, rng: random.Random) -> bytearray:
    a, b = (rng.randrange(max(1, len(data) // _BLOCK)) * _BLOCK for _ in range(2))
    data[a : a + _BLOCK], data[b : b + _BLOCK] = data[b : b + _BLOCK], data[a : a + _BLOCK]
    return data


_CORRUPTIONS: tuple[Corruption, ...] = (
    flip_bits, flip_in_the_head, overwrite, zero_a_block, cut, extend, graft, swap_blocks,
)  # fmt: skip
