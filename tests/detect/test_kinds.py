"""What an anomaly looks like, as `name_kind` says when it looks at the last readings."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from streamrnn.detect.courses import median
from streamrnn.detect.kinds import BEFORE, LEAST_BEFORE, NEAR, name_kind
from streamrnn.kernels.jit import kernel
from streamrnn.records import Kind
from tests import naive_faults

F64 = NDArray[np.float64]
HEALTHY = 150


@kernel
def call_name_kind(
    r: Any, first: int, end: int, age: int,
    step: float, turn: float, wobble: float, low: float, high: float,
) -> Any:  # fmt: skip
    return name_kind(r, first, end, age, step, turn, wobble, low, high)


@kernel
def call_median(r: Any, first: int, end: int) -> Any:
    return median(r, first, end)


def noise(n: int, seed: int = 0) -> F64:
    return np.random.default_rng(seed).normal(size=n)


def named(z: F64, age: int, healthy: F64 | None = None) -> Kind:
    """The kind of an alarm `age` readings back; habits and range are those of what is healthy."""
    usual = z[: len(z) - 1 - age] if healthy is None else healthy
    step = float(np.abs(np.diff(usual)).max())
    turn = float(np.ptp(np.convolve(usual, np.full(8, 1.0 / 8.0), "valid")))
    wobble = float(np.convolve(np.abs(np.diff(usual)), np.full(16, 1.0 / 16.0), "valid").max())
    padded = np.concatenate([[1e9] * 3, z, [1e9] * 3]).astype(np.float32)
    low, high = float(usual.min()), float(usual.max())
    return Kind(call_name_kind(padded, 3, 3 + len(z), age, step, turn, wobble, low, high))


def broken(fault: F64, seed: int = 0) -> tuple[F64, int]:
    """Noise, and noise with the fault on top; the alarm comes with the fault's first reading."""
    z = noise(HEALTHY + len(fault), seed)
    z[HEALTHY:] += fault
    return z, len(fault) - 1


@given(
    seed=st.integers(0, 2**32 - 1),
    shape=st.sampled_from(["none", "spike", "shift", "ramp", "noise", "turn", "hill", "cliff"]),
    size=st.floats(0.0, 40.0),
    age=st.integers(4, 128),
    before=st.integers(0, 100),
    smooth=st.booleans(),
)
@example(seed=198, shape="noise", size=3.0, age=7, before=32, smooth=False)
@settings(max_examples=300, deadline=None)
def test_the_kernel_does_as_the_naive_rule(
    seed: int, shape: str, size: float, age: int, before: int, smooth: bool
) -> None:
    z = noise(before + age + 1, seed)
    z = np.cumsum(z) if smooth else z
    since = np.arange(age + 1.0)
    z[before:] += {
        "none": 0.0 * since,
        "spike": np.where(since < 2.0, size, 0.0),
        "shift": size + 0.0 * since,
        "ramp": size * since / 32.0,
        "noise": size * noise(age + 1, seed + 1),
        "turn": size * np.sin(since / 8.0),
        "hill": size * np.minimum(since, age - since) / 16.0,
        "cliff": np.where(since < 0.7 * age, size * since / 16.0, 0.0),
    }[shape]
    z = z.astype(np.float32).astype(np.float64)
    habits = 3.0, 0.7, 2.0, -4.0, 4.0
    expected = naive_faults.name_kind(z, age, *habits)
    assert Kind(call_name_kind(z.astype(np.float32), 0, len(z), age, *habits)) is expected


@given(st.lists(st.integers(-9, 9), min_size=1, max_size=24))
@settings(max_examples=50)
def test_a_median_is_the_upper_one_of_two(values: list[int]) -> None:
    r = np.array([99.0, *values, 99.0], np.float32)
    assert call_median(r, 1, 1 + len(values)) == sorted(values)[len(values) // 2]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("length", [1, 2])
def test_what_is_undone_within_three_readings_is_a_spike(length: int, seed: int) -> None:
    z, age = broken(np.where(np.arange(13) < length, 20.0, 0.0), seed)
    assert named(z, age) is Kind.SPIKE


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("age", [8, 16, 32, 64])
def test_what_stays_after_a_step_is_a_level_shift(age: int, seed: int) -> None:
    assert named(*broken(np.full(age + 1, -12.0), seed)) is Kind.LEVEL_SHIFT


@pytest.mark.parametrize("seed", range(5))
def test_what_goes_away_steadily_is_a_drift(seed: int) -> None:
    assert named(*broken(np.linspace(0.0, 15.0, 97), seed)) is Kind.DRIFT


@pytest.mark.parametrize("seed", range(5))
def test_a_step_back_after_a_drift_does_not_make_it_a_shift(seed: int) -> None:
    z = 0.1 * noise(HEALTHY + 20, seed)
    z[30:HEALTHY] += np.linspace(0.0, 10.0, HEALTHY - 30)
    assert named(z, 19, noise(500, seed)) is Kind.DRIFT


@pytest.mark.parametrize("seed", range(5))
def test_steps_that_undo_each_other_are_noise(seed: int) -> None:
    assert named(*broken(6.0 * noise(33, seed + 100), seed)) is Kind.VARIANCE


def test_what_runs_faster_is_no_noise_though_its_steps_are_larger_and_undone() -> None:
    """Two peaks a day, hourly; then each hour takes a reading of four hours later."""
    hours = np.arange(24.0 * 90)
    course = 3.0 * np.sin(np.pi * hours / 12.0) + 3.0 * np.sin(np.pi * hours / 6.0)
    course += 0.5 * noise(len(hours))
    z = np.concatenate([course[:190], course[190 : 190 + 4 * 30 : 4]])
    steps = np.diff(z[-30:])
    assert np.abs(steps).mean() > 2.2 * np.abs(np.diff(z[:190])).mean()
    assert named(z, 29) is Kind.UNEXPECTED
    z[-30:] = course[190:220] + 10.0 * noise(30, 3)
    assert named(z, 29) is Kind.VARIANCE


def test_what_comes_back_slowly_is_none_of_these() -> None:
    """A daily curve that runs four times as fast."""
    t = np.arange(400.0)
    healthy = np.sin(t / 40.0) + 0.01 * noise(400)
    fast = np.sin((t[-1] + 4.0 * np.arange(1.0, 130.0)) / 40.0) + 0.01 * noise(129, 1)
    z = np.concatenate([healthy, fast])[-232:]
    assert named(z, 96, healthy) is Kind.UNEXPECTED


def away_and(back: F64) -> tuple[F64, int]:
    """Fifteen deviations away in 40 readings, and back."""
    return broken(15.0 * np.concatenate([np.linspace(0.0, 1.0, 40), back]))


def test_what_went_away_and_comes_back_bit_by_bit_is_none_of_these_either() -> None:
    z, age = away_and(np.linspace(1.0, 0.0, 40))
    assert named(z[:-30], age - 30) is Kind.DRIFT
    assert named(z, age) is Kind.UNEXPECTED


def test_what_comes_back_by_a_step_keeps_the_name_that_it_had() -> None:
    assert named(*away_and(np.zeros(20))) is Kind.NONE


def test_what_leaves_all_that_was_seen_by_more_and_more_drifts_though_it_comes_back() -> None:
    """As a daily curve does on top of a drift."""
    z, age = broken(np.arange(120) / 10.0 + 8.0 * np.sin(np.arange(120) / 9.5))
    assert named(z, age) is Kind.DRIFT


def test_what_goes_on_as_it_went_does_not_drift() -> None:
    """A counter."""
    z = np.arange(230) / 4.0 + 0.01 * noise(230)
    assert named(z, 100, z) is Kind.UNEXPECTED


def test_a_drift_may_have_come_to_an_end() -> None:
    z, age = away_and(np.ones(60))
    assert named(z, age) is Kind.DRIFT


def test_steps_are_compared_with_the_largest_ones_where_those_before_are_noisy_already() -> None:
    noisy = noise(232)
    noisy[148:] += 6.0 * noise(84, 1)
    assert named(noisy, 33) is not Kind.VARIANCE
    assert named(noisy, 33, noise(500, 2)) is Kind.VARIANCE


def test_steps_that_the_stream_makes_by_nature_name_nothing() -> None:
    """On for sixteen readings, off for sixteen."""
    z = np.where(np.arange(200) // 16 % 2 == 0, 0.0, 10.0) + 0.1 * noise(200)
    assert named(z, 40) is Kind.UNEXPECTED


def test_noise_around_its_level_is_not_drawn_into_a_ramp_by_one_outlier() -> None:
    z = noise(HEALTHY + 60)
    z[HEALTHY + 40] += 30.0
    assert named(z, 59) is Kind.UNEXPECTED


def test_without_readings_of_before_there_is_no_name() -> None:
    z = noise(LEAST_BEFORE + NEAR + 40)
    age = len(z) - LEAST_BEFORE - NEAR
    assert named(z, age) is Kind.NONE
    assert named(z, age - 1) is not Kind.NONE


def test_only_readings_shortly_before_the_alarm_say_what_is_usual() -> None:
    z, age = broken(np.full(30, 12.0))
    wild = np.concatenate([1e3 * noise(40, 3), z[HEALTHY - BEFORE - NEAR :]])
    assert named(wild, age, noise(500)) is Kind.LEVEL_SHIFT
