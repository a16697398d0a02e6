from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamrnn.kernels.bfloat16 import widened
from tests import naive
from tests.kernels.compiled import bfloat16_place, copy_one_short, filled, make_short_copy

VALUES = st.lists(st.floats(-(2.0**99), 2.0**99, width=32), min_size=16, max_size=16)
LANES = st.sampled_from([2, 8, 16])


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


@given(st.floats(-(2.0**99), 2.0**99, width=32), st.integers(0, 15))
def test_one_bfloat16_is_the_rounded_upper_half_of_a_float32(value: float, at: int) -> None:
    a = np.array([value], np.float32)
    shorts, again = np.zeros((2, 8), np.float32)
    assert copy_one_short(a, 0, shorts, at) == naive.bfloat16(value)
    assert copy_one_short.py_func(a, 0, again, at) == naive.bfloat16(value)
    assert shorts.tobytes() == again.tobytes()
    assert np.flatnonzero(shorts.view(np.uint16)).tolist() in ([], [at])
    assert widened(shorts.view(np.uint16))[at] == naive.bfloat16(value)


@pytest.mark.parametrize("lanes", [2, 8, 16])
def test_every_lane_knows_which_number_it_holds(lanes: int) -> None:
    a, shorts = np.arange(16, dtype=np.float32), np.zeros(16, np.float32)
    make_short_copy(lanes)(a, 0, shorts, 3, filled(np.float32, lanes))
    stored = widened(shorts.view(np.uint16)[3 : 3 + lanes])
    places = [bfloat16_place(lane, lanes) for lane in range(lanes)]
    assert stored[places].tolist() == a[:lanes].tolist()
    assert [bfloat16_place.py_func(lane, lanes) for lane in range(lanes)] == places
