import numpy as np
import pytest

from streamrnn.evaluate.fault_scale import scale_of

TIMES = np.arange(5_000) * 60.0


def test_the_noise_of_white_noise_is_close_to_its_deviation():
    values = np.random.default_rng(0).normal(20.0, 0.5, len(TIMES))
    assert scale_of(values, TIMES).noise == pytest.approx(0.55, rel=0.1)


def test_a_slow_rhythm_is_no_noise():
    noise = np.random.default_rng(0).normal(0.0, 0.1, len(TIMES))
    slow = 30.0 * np.sin(TIMES / 86_400.0 * 2.0 * np.pi)
    assert scale_of(slow + noise, TIMES).noise < 0.5


def test_noise_is_at_least_half_a_step_of_the_display():
    values = np.zeros(len(TIMES))
    values[::1_000] = 0.5
    scale = scale_of(values, TIMES)
    assert (scale.display, scale.noise) == (0.5, 0.25)


def test_a_stream_that_never_changes_has_a_scale():
    scale = scale_of(np.full(len(TIMES), 7.0), TIMES)
    assert (scale.noise, scale.extent, scale.longest_hold) == (1.0, 1.0, len(TIMES))


def test_rounding_leaves_no_step():
    values = np.where(np.arange(len(TIMES)) % 2, 0.1 + 0.2, 0.3)
    values[10] = 0.8
    assert scale_of(values, TIMES).display == pytest.approx(0.5)


def test_holds_and_gaps_are_the_streams_own():
    values = np.repeat(np.arange(500.0), 10)
    times = TIMES.copy()
    times[2_000:] += 3_600.0
    scale = scale_of(values, times)
    assert (scale.longest_hold, scale.interval, scale.long_gap) == (10, 60.0, 60.0)
