from __future__ import annotations

import numpy as np
import pytest

from streamrnn.config import DetectorConfig
from streamrnn.detect import fault, habits, layout
from streamrnn.detect.recipe import (
    ENOUGH,
    HISTORY,
    INPUTS,
    MARKS,
    RECENT,
    RECORD_BLOCKS,
    SHAPE_LAGS,
)
from streamrnn.detect.record_values import FEATURES
from streamrnn.kernels import rls, tails
from streamrnn.kernels.optimiser import LANES
from streamrnn.kernels.statistics import BINS

SIZES = pytest.mark.parametrize("H", [8, 16, 32])


@SIZES
def test_arrays_lie_one_behind_the_other_without_gap_or_overlap(H: int) -> None:
    offsets = layout.arrays(H)
    P = layout.parameter_count(H)
    sizes = {
        "parameters": P, "v": P // 16, "state": H, "histogram": BINS,
        "recent": RECENT // 2, "m": P // 2, "marks": MARKS * H // 2, "x": HISTORY // 2,
    }  # fmt: skip
    assert tuple(sizes) == layout.Arrays._fields[:-1]
    ends = np.cumsum(list(sizes.values())).tolist()
    assert list(offsets) == [0, *ends]


@SIZES
def test_the_parameters_fill_whole_vectors(H: int) -> None:
    used = INPUTS * H + H * H + H + H + 1
    assert used <= layout.parameter_count(H) < used + LANES
    assert layout.parameter_count(H) % LANES == 0


def test_the_numbers_lie_one_behind_the_other() -> None:
    assert layout.channel(0) == layout.STREAM_NUMBERS
    assert layout.channel(1) == layout.STREAM_NUMBERS + layout.CHANNEL_NUMBERS
    assert layout.channel(1) + layout.CHANNEL_NUMBERS == layout.SHAPE
    assert layout.shape(1) == layout.SHAPE + layout.SHAPE_NUMBERS
    assert layout.shape(layout.MEMORIES) == layout.RECORDS
    assert layout.NEWS == layout.RECORDS + 2 * FEATURES
    assert layout.NEWS + len(ENOUGH) == layout.SQUARES
    assert layout.SQUARES + len(ENOUGH) == layout.HABITS
    assert layout.FAULT == layout.HABITS + habits.SIZE
    assert layout.DEVICE == layout.FAULT + fault.SIZE
    assert layout.SCORE_OF_LATE + 1 == layout.SUMS
    assert layout.SUMS + len(ENOUGH) == layout.BURDENS
    assert layout.BURDENS + len(ENOUGH) == layout.HOURS
    assert layout.HOURS_AT + 1 == layout.NUMBERS


@SIZES
def test_what_is_behind_the_channels_lies_one_behind_the_other(H: int) -> None:
    assert layout.linear_base(H) == 2 * layout.arrays(H).size
    assert layout.tails_base(H) == layout.linear_base(H) + rls.SIZE
    assert layout.ring_base(H) == layout.tails_base(H) + tails.SIZE
    assert layout.shape_base(H, 0) == layout.ring_base(H) + 2 * RECORD_BLOCKS
    first, second = (layout.memory_size(m) for m in range(layout.MEMORIES))
    assert layout.shape_base(H, 1) == layout.shape_base(H, 0) + first
    assert layout.row_size(H) == layout.shape_base(H, 1) + second


def test_the_rings_of_the_memories_are_whole_vectors() -> None:
    assert all(lags % layout.VECTOR == 0 for lags in SHAPE_LAGS)


def test_every_channel_of_the_alarm_has_a_place() -> None:
    channels = (
        *range(FEATURES), layout.FINE_CHANNEL, layout.COARSE_CHANNEL, layout.SCORE_CHANNEL,
        layout.HABIT_CHANNEL,
    )  # fmt: skip
    assert channels == tuple(range(len(ENOUGH)))


def test_a_stream_of_the_default_size_takes_at_most_17_kib() -> None:
    H = DetectorConfig().hidden
    assert 4 * layout.row_size(H) + 8 * layout.NUMBERS <= 17 * 1024
