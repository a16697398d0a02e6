from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamrnn.kernels.cube_root import LEAST, cube_root
from streamrnn.kernels.jit import kernel


@kernel
def root_of(x: float) -> float:
    return cube_root(x)


@given(st.floats(LEAST, 1e100))
def test_cube_roots_are_right_to_twelve_digits(x: float) -> None:
    assert root_of(x) == pytest.approx(np.cbrt(x), rel=1e-12)


def test_the_cube_root_of_nothing_is_nothing() -> None:
    assert root_of(0.0) == 0.0
