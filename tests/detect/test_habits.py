"""Habits: what a stream is used to, in the compiled step and in plain Python."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from streamrnn.detect import habits as state
from streamrnn.detect.habits import begin_habits, compare_with_habits
from streamrnn.detect.recipe import HABIT_LIMIT, HABIT_WARM, LEAST_RUN, LIVELY_RUN, RUN_FACTOR
from streamrnn.kernels.jit import kernel
from tests.naive_faults import Habits

F64 = NDArray[np.float64]
HOUR = 3600.0
STEP, TURN, CLIMB, WOBBLE = range(4)


@kernel
def run(n: Any, values: Any, times: Any, out: Any) -> None:
    begin_habits(n, 0, values[0])
    n[state.BEGUN] = times[0]
    for t in range(1, len(values)):
        out[t] = compare_with_habits(n, 0, values[t], times[t], values[t - 1], float(t))


def followed(values: F64, every: float = 0.25 * HOUR) -> tuple[F64, F64]:
    """(unusual, stuck) of each reading; then the state."""
    out, n = np.zeros((len(values), 2)), np.zeros(state.SIZE)
    run(n, values, every * np.arange(len(values)), out)
    return out, n


def noise(n: int, seed: int = 0) -> F64:
    return np.random.default_rng(seed).normal(size=n)


@given(seed=st.integers(0, 2**32 - 1), every=st.sampled_from([1.0, 0.1 * HOUR, HOUR]))
@settings(max_examples=25)
def test_the_kernel_does_as_the_naive_habits_do(seed: int, every: float) -> None:
    random = np.random.default_rng(seed)
    values = np.round(noise(900, seed), int(random.integers(0, 3)))
    values[: int(random.integers(0, 600))] = 0.0
    for _ in range(4):
        at = int(random.integers(200, 850))
        values[at : at + int(random.integers(1, 50))] += random.choice([20.0, -4.0, 1e9])
        values[at + 5 : at + 60] = values[at + 5]
    out, n = followed(values, every)
    twin = Habits(values[0], 0.0)
    expected = [twin.compare(x, every * t) for t, x in enumerate(values.tolist()) if t > 0]
    np.testing.assert_allclose(out[1:], expected, rtol=1e-6)
    np.testing.assert_allclose(n[state.LARGEST : state.PEAK], twin.largest, rtol=1e-6)
    np.testing.assert_allclose(n[state.PEAK : state.MEAN_3], twin.peaks, rtol=1e-6)
    assert n[state.LONGEST_RUN] == twin.longest


def test_nothing_is_unusual_before_the_habits_are_known() -> None:
    values = noise(int(HABIT_WARM))
    values[200] = 1e6
    assert not followed(values)[0][:, 0].any()


@pytest.mark.parametrize("seed", range(5))
def test_noise_stays_within_its_habits(seed: int) -> None:
    assert followed(noise(20_000, seed))[0].max() < 1.0


def test_a_spike_is_unusual_at_once() -> None:
    values = noise(2000)
    values[1900] += 15.0
    unusual = followed(values)[0][:, 0]
    assert unusual[:1900].max() < 1.0 < unusual[1900]


def test_a_slow_ramp_does_not_take_the_habit_along() -> None:
    values = noise(3000)
    values[2000:2300] += np.linspace(0.0, 30.0, 300)
    assert followed(values)[0][2000:2300, 0].max() > 1.0


def test_what_comes_again_and_again_becomes_a_habit() -> None:
    values = 0.1 * noise(20_000)
    values[1000::500] += 8.0
    unusual = followed(values)[0][:, 0]
    assert unusual[1000] > 1.0
    assert unusual[10_000:].max() < 1.0


def test_one_fault_does_not_become_a_habit() -> None:
    values = noise(4000)
    values[2000] += 1e6
    _, n = followed(values)
    _, clean = followed(noise(4000))
    assert n[state.LARGEST + STEP] <= 2.0 * clean[state.LARGEST + STEP]


@pytest.mark.parametrize("still", [20, 200, 1_000])
def test_a_door_that_stands_still_at_first_has_habits_once_it_has_moved(still: int) -> None:
    """Whether it moves before its habits are known, or after."""
    opened = np.random.default_rng(still).random(20_000) < 0.02
    values = np.repeat(opened, 4).astype(np.float64)
    values[:still] = 0.0
    unusual, n = followed(values, 60.0)
    assert (n[state.LARGEST : state.PEAK] > 0.0).all()
    assert unusual[20_000:, 0].max() < 1.5


def test_a_sensor_that_repeats_itself_by_nature_is_not_stuck() -> None:
    values = np.round(0.7 * noise(20_000))
    assert 0.0 < followed(values)[0][:, 1].max() < 1.0


def test_a_stuck_sensor_is_found_after_a_few_of_its_longest_runs() -> None:
    values = np.round(0.7 * noise(3000))
    longest = followed(values)[1][state.LONGEST_RUN]
    values[2500:] = values[2500]
    found = np.flatnonzero(followed(values)[0][:, 1] >= 1.0)[0]
    assert found - 2500 == pytest.approx(max(RUN_FACTOR * longest, LEAST_RUN), abs=longest)


def test_on_its_first_day_only_what_hardly_ever_repeats_itself_is_stuck() -> None:
    for values, is_found in ((noise(3_000), True), (np.round(0.7 * noise(3_000)), False)):
        values[1_000:] = values[1_000]
        stuck = followed(values, 1.0)[0][:, 1]
        assert (stuck >= 1.0).any() == is_found
        if is_found:
            assert np.flatnonzero(stuck >= 1.0)[0] == 1_000 + LIVELY_RUN - 1


@pytest.mark.parametrize("seed", range(10))
def test_a_rain_gauge_is_not_stuck_in_dry_weather(seed: int) -> None:
    """Its short runs in a shower say nothing about how long it stays dry."""
    random = np.random.default_rng(seed)
    wet = np.repeat(random.random(1500) < 0.05, 12)
    assert followed(np.cumsum(0.2 * wet), HOUR / 12.0)[0][:, 1].max() < 1.0


def test_a_set_point_that_is_turned_every_few_days_is_not_stuck() -> None:
    values = np.repeat(np.random.default_rng(0).permutation(20), 400).astype(np.float64)
    assert followed(values)[0][:, 1].max() < 1.0


def test_a_constant_sensor_is_not_stuck() -> None:
    assert not followed(np.zeros(5000))[0].any()


def test_limits_are_those_of_the_recipe() -> None:
    values = noise(1000)
    largest = followed(values)[1][state.LARGEST + STEP]
    values = np.append(values, values[-1] + 1.2 * HABIT_LIMIT[STEP] * largest)
    assert followed(values)[0][-1, 0] > 1.0
