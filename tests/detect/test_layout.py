from __future__ import annotations

import numpy as np
import pytest

from streamrnn.detect import layout
from streamrnn.detect.recipe import HISTORY, INPUTS, MARKS, RECENT
from streamrnn.kernels.optimiser import LANES
from streamrnn.kernels.statistics import BINS

SIZES = pytest.mark.parametrize("H", [8, 16, 32])


@SIZES
def test_arrays_lie_one_behind_the_other_without_gap_or_overlap(H: int) -> None:
    offsets = layout.arrays(H)
    P = layout.parameter_count(H)
    sizes = {
        "parameters": P, "m": P, "v": P, "state": H, "marks": MARKS * H, "histogram": BINS,
        "recent": RECENT, "x": HISTORY, "y": HISTORY,
    }  # fmt: skip
    assert tuple(sizes) == layout.Arrays._fields[:-1]
    ends = np.cumsum(list(sizes.values())).tolist()
    assert list(offsets) == [0, *ends]


@SIZES
def test_the_parameters_fill_whole_vectors(H: int) -> None:
    used = INPUTS * H + H * H + H + H + 1
    assert used <= layout.parameter_count(H) < used + LANES
    assert layout.parameter_count(H) % LANES == 0


def test_the_numbers_of_the_channels_follow_those_of_the_stream() -> None:
    assert layout.channel(0) == layout.STREAM_NUMBERS
    assert layout.channel(1) == layout.STREAM_NUMBERS + layout.CHANNEL_NUMBERS
    assert layout.channel(1) + layout.CHANNEL_NUMBERS == layout.NUMBERS


def test_every_alarm_has_fields_of_its_own() -> None:
    fields = [field for pair in layout.ALARM_FIELDS for field in pair]
    assert len(set(fields)) == 6
    assert max(fields) < layout.NUMBERS
