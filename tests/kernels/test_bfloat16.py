from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.kernels.compiled import bfloat16_place, filled, make_short_copy

VALUES = st.lists(st.floats(-(2.0**99), 2.0**99, width=32), min_size=16, max_size=16)
LANES = st.sampled_from([1, 8, 16])


@given(VALUES, LANES, st.integers(0, 9))
def test_a_bfloat16_is_within_one_part_in_256_and_writes_nothing_beside_it(
    values: list[float], lanes: int, at: int
) -> None:
    a, out = np.array(values, np.float32), filled(np.float32, lanes)
    shorts = np.zeros(16, np.float32)
    make_short_copy(lanes)(a, 0, shorts, at, out)
    np.testing.assert_allclose(out, a[:lanes], rtol=1 / 256, atol=1e-37)
    halves = shorts.view(np.uint16)
    assert not halves[:at].any()
    assert not halves[at + lanes :].any()
    again, plain = np.zeros(16, np.float32), filled(np.float32, lanes)
    make_short_copy(lanes).py_func(a, 0, again, at, plain)
    assert again.tobytes() == shorts.tobytes()
    assert plain.tobytes() == out.tobytes()


@pytest.mark.parametrize("lanes", [2, 8, 16])
def test_every_lane_knows_which_number_it_holds(lanes: int) -> None:
    a, shorts = np.arange(16, dtype=np.float32), np.zeros(16, np.float32)
    make_short_copy(lanes)(a, 0, shorts, 3, filled(np.float32, lanes))
    stored = (shorts.view(np.uint16)[3 : 3 + lanes].astype(np.uint32) << 16).view(np.float32)
    places = [bfloat16_place(lane, lanes) for lane in range(lanes)]
    assert stored[places].tolist() == a[:lanes].tolist()
    assert [bfloat16_place.py_func(lane, lanes) for lane in range(lanes)] == places
