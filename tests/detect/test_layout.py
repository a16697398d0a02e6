from __future__ import annotations

import numpy as np
import pytest

from streamrnn.config import DetectorConfig
from streamrnn.detect import fault, habits, layout
from streamrnn.detect.recipe import HISTORY, INPUTS, MARKS, RECENT, SHAPE_LAGS
from streamrnn.kernels import tails
from streamrnn.kernels.optimiser import LANES
from streamrnn.kernels.statistics import BINS

SIZES = pytest.mark.parametrize("H", [8, 16, 32])


@SIZES
def test_arrays_lie_one_behind_the_other_without_gap_or_overlap(H: int) -> None:
    offsets = layout.arrays(H)
    P = layout.parameter_count(H)
    sizes = {
        "parameters": P, "m": P, "v": P, "state": H, "marks": MARKS * H, "histogram": BINS,
        "recent": RECENT, "x": HISTORY,
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
    assert layout.SHAPE + layout.SHAPE_NUMBERS == layout.TAILS
    assert layout.HABITS == layout.TAILS + tails.SIZE
    assert layout.FAULT == layout.HABITS + habits.SIZE
    assert layout.NUMBERS == layout.FAULT + fault.SIZE


@SIZES
def test_the_shape_memory_lies_behind_the_channels_and_its_ring_in_whole_vectors(H: int) -> None:
    assert layout.shape_base(H) == 2 * layout.arrays(H).size
    assert layout.row_size(H) == layout.shape_base(H) + layout.SHAPE_SIZE
    assert SHAPE_LAGS % layout.VECTOR == 0


def test_every_piece_of_evidence_has_a_lane() -> None:
    assert (layout.SHAPE_LANE, layout.LIKELIHOOD_LANE) == (layout.ERRORS, layout.ERRORS + 1)
    assert layout.LIKELIHOOD_LANE == tails.LANES - 1


def test_a_stream_of_the_default_size_takes_at_most_12_kib() -> None:
    H = DetectorConfig().hidden
    assert 4 * layout.row_size(H) + 8 * layout.NUMBERS <= 12 * 1024
