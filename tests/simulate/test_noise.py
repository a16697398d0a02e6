import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from streamrnn.simulate.noise import Noise

SEEDS = st.integers(0, 2**32)
INSTANTS = np.arange(20_000) * 60.0


@given(SEEDS, st.integers(0, 1000))
def test_a_number_depends_on_its_index_alone_not_on_what_was_asked_before(seed, index):
    indices = np.arange(1001.0)
    alone = Noise(seed, "a").uniform(np.array([float(index)]))
    assert Noise(seed, "a").uniform(indices)[index] == alone[0]


def test_other_seeds_and_other_names_give_other_numbers():
    index = np.arange(100.0)
    ours = Noise(1, "a").uniform(index)
    for other in (Noise(2, "a"), Noise(1, "b"), Noise(1, "a").child("a")):
        assert not np.any(ours == other.uniform(index))


def test_uniform_numbers_fill_the_unit_interval_evenly():
    shares, _ = np.histogram(Noise(1, "a").uniform(np.arange(100_000.0)), 10, (0.0, 1.0))
    assert shares.sum() == 100_000
    assert np.all(abs(shares - 10_000) < 500)


def test_white_noise_is_standard_normal_and_uncorrelated():
    white = Noise(1, "a").white(INSTANTS)
    assert abs(white.mean()) < 0.03
    assert abs(white.std() - 1.0) < 0.03
    assert abs(np.corrcoef(white[1:], white[:-1])[0, 1]) < 0.03


@given(SEEDS, st.floats(10.0, 1e5))
def test_smooth_noise_stays_within_one_and_is_never_steeper_than_promised(seed, scale):
    at = np.arange(2000) * scale / 97.0
    smooth = Noise(seed, "a").smooth(at, scale)
    assert np.all(np.abs(smooth) <= 1.0)
    assert np.all(np.abs(np.diff(smooth)) <= 3.0 / scale * np.diff(at) + 1e-9)
