from __future__ import annotations

import numpy as np
import pytest

from streamrnn.detect.layout import parameter_count
from streamrnn.detect.recipe import INPUTS
from streamrnn.detect.weights import SPECTRAL_RADIUS, initial_parameters
from tests import naive

SIZES = pytest.mark.parametrize("H", [8, 16, 32])


@SIZES
def test_the_same_seed_gives_the_same_bits_and_another_seed_others(H: int) -> None:
    assert initial_parameters(H, 3).tobytes() == initial_parameters(H, 3).tobytes()
    assert initial_parameters(H, 3).tobytes() != initial_parameters(H, 4).tobytes()


@SIZES
def test_the_recurrent_weights_have_the_spectral_radius(H: int) -> None:
    W = naive.unpack(initial_parameters(H, 0), INPUTS, H).W
    assert np.abs(np.linalg.eigvals(W)).max() == pytest.approx(SPECTRAL_RADIUS, rel=1e-5)


@SIZES
def test_biases_begin_at_zero_and_so_does_the_padding(H: int) -> None:
    flat = initial_parameters(H, 0)
    network = naive.unpack(flat, INPUTS, H)
    assert flat.shape == (parameter_count(H),)
    assert not network.b.any()
    assert network.c == 0.0
    np.testing.assert_array_equal(naive.pack(network, len(flat)), flat)
    assert network.U.all()
    assert network.V.all()
