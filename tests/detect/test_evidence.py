from __future__ import annotations

import numpy as np
import pytest

from streamrnn.detect import layout
from streamrnn.detect.evidence import AT_SHAPE, score_of, weigh
from streamrnn.detect.recipe import (
    ERROR_UNIT,
    EVIDENCE_WARM,
    SCORE_KEPT,
    SHAPE_UNIT,
    SLOW_SHAPE_REACH,
    SLOW_SHAPE_WEIGHT,
)
from streamrnn.detect.recipe import LEVEL_UNIT as LEVEL_UNITS
from streamrnn.kernels.jit import kernel
from streamrnn.kernels.tails import FARTHEST, LANES, LEVEL, SIZE

AT = 5  # of the tails
LEVEL_UNIT = LEVEL_UNITS[1]  # of the score


@kernel
def score(n: np.ndarray, r: np.ndarray, level: float) -> float:
    return score_of(n, r, AT, level)[0]


@kernel
def strength(n: np.ndarray, r: np.ndarray, level: float) -> float:
    return score_of(n, r, AT, level)[1]


@kernel
def error_part(n: np.ndarray, r: np.ndarray) -> float:
    return score_of(n, r, AT, 0.0)[2]


@kernel
def novelty(n: np.ndarray, r: np.ndarray, level: float) -> float:
    return score_of(n, r, AT, level)[3]


@kernel
def weighed(n: np.ndarray, r: np.ndarray, linear: float, change: float, network: float) -> None:
    weigh(n, r, AT, linear, change, network)


def surprised(
    error: float = 0.0, shape: float = 0.0, lane: int = 2
) -> tuple[np.ndarray, np.ndarray]:
    """Numbers and tails in which one error's tail, and all of the shapes', said so."""
    numbers, surprises = np.zeros(layout.NUMBERS), np.zeros(AT + SIZE, np.float32)
    numbers[layout.TAILED] = EVIDENCE_WARM + 1.0
    surprises[AT + lane] = error
    surprises[AT + layout.ANALOGUE_LANE : AT + layout.LANES_END] = shape
    return numbers, surprises


@pytest.mark.parametrize("lane", range(layout.ANALOGUE_LANE))
def test_each_error_reaches_one_by_itself(lane: int) -> None:
    assert score(*surprised(error=ERROR_UNIT, lane=lane), 0.0) == pytest.approx(1.0)


def test_shapes_and_a_level_that_lasts_reach_one_by_themselves() -> None:
    assert score(*surprised(shape=SHAPE_UNIT), 0.0) == pytest.approx(1.0)
    numbers, tails = surprised()
    numbers[layout.SMOOTH_LEVEL] = LEVEL_UNIT
    assert score(numbers, tails, LEVEL_UNIT) == pytest.approx(1.0)


def test_a_level_that_is_off_for_a_moment_is_in_the_strength_but_hardly_in_the_score() -> None:
    numbers, tails = surprised()
    assert score(numbers, tails, 10.0 * LEVEL_UNIT) < 1.0
    assert numbers[layout.HELD_STRENGTH] == pytest.approx(10.0 * LEVEL_UNITS[1] / LEVEL_UNITS[0])


def test_the_score_forgets_a_level_as_soon_as_it_is_back() -> None:
    numbers, tails = surprised()
    numbers[layout.SMOOTH_LEVEL] = 3.0 * LEVEL_UNIT
    assert score(numbers, tails, 0.0) == 0.0


def test_smooth_distances_are_in_the_score_and_in_the_novelty_but_not_in_the_strength() -> None:
    numbers, tails = surprised()
    tails[AT + layout.SMOOTH_LANE : AT + layout.LANES_END] = 5.0 * SHAPE_UNIT
    share = (layout.LANES_END - layout.SMOOTH_LANE) / (layout.LANES_END - layout.SHAPE_LANE + 1)
    assert score(numbers, tails, 0.0) == pytest.approx(5.0 * share)
    assert novelty(*(numbers, tails), 0.0) == pytest.approx(5.0 * share)
    assert numbers[layout.HELD_STRENGTH] == 0.0


def test_the_errors_part_of_the_score_is_what_they_make_alone() -> None:
    assert error_part(*surprised(error=0.7 * ERROR_UNIT, shape=SHAPE_UNIT)) == pytest.approx(0.7)
    assert error_part(*surprised(shape=SHAPE_UNIT)) == 0.0


def test_novelty_is_what_errors_and_shapes_make_and_no_level() -> None:
    assert novelty(
        *surprised(error=ERROR_UNIT, shape=SHAPE_UNIT), 100.0 * LEVEL_UNIT
    ) == pytest.approx(2.0 ** (1 / 3))


def test_evidence_of_several_kinds_adds_up() -> None:
    both = score(*surprised(error=0.9 * ERROR_UNIT, shape=0.9 * SHAPE_UNIT), 0.0)
    assert both > 1.0 > score(*surprised(error=0.9 * ERROR_UNIT), 0.0)


def test_no_tail_speaks_before_it_is_known() -> None:
    numbers, tails = surprised(error=100.0 * ERROR_UNIT)
    numbers[layout.TAILED] = EVIDENCE_WARM
    assert score(numbers, tails, 0.0) == 0.0


def test_a_score_falls_from_reading_to_reading_and_not_at_once() -> None:
    numbers, tails = surprised(error=10.0 * ERROR_UNIT)
    assert score(numbers, tails, 0.0) == pytest.approx(10.0)
    tails[AT : AT + LANES] = 0.0
    assert score(numbers, tails, 0.0) == pytest.approx(10.0 * SCORE_KEPT)
    assert score(numbers, tails, 0.0) == pytest.approx(10.0 * SCORE_KEPT**2)


def test_every_statistic_goes_to_its_lanes() -> None:
    numbers, tails = np.zeros(layout.NUMBERS), np.zeros(AT + SIZE, np.float32)
    numbers[AT_SHAPE[0] + layout.ANALOGUE_ERROR] = 4.0
    for m in range(layout.MEMORIES):
        numbers[AT_SHAPE[m] + layout.SHAPE_DISTANCE] = 5.0 + m
    weighed(numbers, tails, 1.0, 2.0, 3.0)
    first = tails[AT + LEVEL : AT + LEVEL + LANES]  # what each was averaged to, with nothing before
    assert first.tolist() == [1.0] * 3 + [2.0] * 3 + [3.0] * 3 + [4.0] * 3 + [5.0, 6.0, 5.0, 5.0]


@pytest.mark.parametrize("which", range(3))
def test_an_error_beyond_all_measure_goes_to_its_own_lanes_only(which: int) -> None:
    numbers, tails = np.zeros(layout.NUMBERS), np.zeros(AT + SIZE, np.float32)
    errors = [0.0, 0.0, 0.0]
    errors[which] = np.inf
    weighed(numbers, tails, *errors)
    first = tails[AT + LEVEL : AT + LEVEL + LANES]
    assert first[3 * which : 3 * which + 3].tolist() == [pytest.approx(FARTHEST)] * 3
    assert np.count_nonzero(first) == 3


def reached(share: float) -> tuple[float, float]:
    """(score, strength) where the shapes have long been so unusual, as a share of enough."""
    numbers, tails = surprised(shape=share * SHAPE_UNIT)
    for _ in range(2_000):
        found = score(numbers, tails, 0.0)
        tails[AT + layout.ANALOGUE_LANE : AT + layout.LANES_END] = share * SHAPE_UNIT
    return found, numbers[layout.HELD_STRENGTH]


def test_what_is_a_little_strange_for_long_adds_up() -> None:
    share = 0.9 * SLOW_SHAPE_REACH[1]
    of_strength, of_score = ((1.0 + weight**3) ** (1 / 3) for weight in SLOW_SHAPE_WEIGHT)
    assert score(*surprised(shape=share * SHAPE_UNIT), 0.0) == pytest.approx(share, rel=1e-2)
    assert reached(share) == pytest.approx((share * of_score, share * of_strength), rel=1e-3)


def test_what_is_very_strange_at_once_does_not_stay_so_in_the_score() -> None:
    numbers, tails = surprised(shape=100.0 * SHAPE_UNIT)
    score(numbers, tails, 0.0)
    tails[AT : AT + LANES] = 0.0
    for _ in range(60):
        after = strength(numbers, tails, 0.0)
    assert numbers[layout.HELD_SCORE] < 0.2 < 0.5 < after
