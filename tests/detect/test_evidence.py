from __future__ import annotations

import numpy as np
import pytest

from streamrnn.detect import layout
from streamrnn.detect.evidence import conclude, score_of, weigh
from streamrnn.detect.recipe import (
    COARSE,
    ERROR_UNIT,
    EVIDENCE_WARM,
    LIKELIHOOD_ENOUGH,
    LIKELIHOOD_UNIT,
    REFRACTORY,
    SHAPE_UNIT,
    WARM_BLOCKS,
)
from streamrnn.kernels.jit import kernel
from streamrnn.kernels.tails import SURPRISE
from streamrnn.records import Outcome

LANES = layout.TAILS + SURPRISE


@kernel
def score(n: np.ndarray) -> float:
    return score_of(n)


@kernel
def weighed(n: np.ndarray, error: float, change: float, distance: float, beyond: float) -> None:
    weigh(n, error, change, distance, beyond)


def surprised(error: float = 0.0, shape: float = 0.0, likelihood: float = 0.0) -> np.ndarray:
    numbers = np.zeros(layout.NUMBERS)
    numbers[layout.TAILED] = EVIDENCE_WARM + 1.0
    numbers[LANES + 2] = error
    numbers[LANES + layout.SHAPE_LANE] = shape
    numbers[LANES + layout.LIKELIHOOD_LANE] = likelihood
    return numbers


def test_each_kind_of_evidence_reaches_one_by_itself() -> None:
    assert score(surprised(error=ERROR_UNIT)) == pytest.approx(1.0)
    assert score(surprised(shape=SHAPE_UNIT)) == pytest.approx(1.0)
    assert score(surprised(likelihood=LIKELIHOOD_ENOUGH)) == pytest.approx(1.0)
    assert score(surprised(likelihood=0.99 * LIKELIHOOD_ENOUGH)) == 0.0


def test_evidence_of_several_kinds_adds_up() -> None:
    both = score(surprised(error=0.9 * ERROR_UNIT, shape=0.9 * SHAPE_UNIT))
    assert both > 1.0 > score(surprised(error=0.9 * ERROR_UNIT))


def test_no_tail_speaks_before_it_is_known() -> None:
    numbers = surprised(error=100.0 * ERROR_UNIT)
    numbers[layout.TAILED] = EVIDENCE_WARM
    assert score(numbers) == 0.0


def test_the_coarse_channel_counts_only_once_it_has_seen_enough_blocks() -> None:
    for blocks, counted in ((WARM_BLOCKS, 0.0), (WARM_BLOCKS + 1.0, 100.0)):
        numbers = np.zeros(layout.NUMBERS)
        numbers[layout.channel(COARSE) + layout.SCORED] = blocks
        numbers[layout.channel(COARSE) + layout.SURPRISE] = 100.0 * LIKELIHOOD_UNIT[COARSE]
        weighed(numbers, 0.0, 0.0, 0.0, 0.0)
        quantile = LANES + 2 * 8 + layout.LIKELIHOOD_LANE  # the first values are its start
        assert numbers[quantile] == pytest.approx(counted)


def test_a_score_of_one_is_normal() -> None:
    assert conclude(np.zeros(layout.NUMBERS), 1.0, 1.0) == (Outcome.NORMAL, False)


def test_a_lasting_anomaly_alarms_once_in_a_pause() -> None:
    numbers = np.zeros(layout.NUMBERS)
    judged = [conclude(numbers, 2.0, 1.0)[1] for _ in range(int(5 * REFRACTORY))]
    raised = np.flatnonzero(judged)
    assert len(raised) == 5
    assert min(np.diff(raised)) >= REFRACTORY
