"""New extremes of the readings, and when they call somebody."""

from __future__ import annotations

import numpy as np
import pytest

from streamrnn.config import DetectorConfig
from streamrnn.detect import Bank, layout
from streamrnn.detect.recipe import ENOUGH
from tests.detect.streams import F64, step_one

MINUTE = 60.0
READINGS = 2_000  # more than a day and a night of minutes
CONFIG = DetectorConfig.model_validate({"retrain_every": "never"})


def minutes(n: int) -> F64:
    return 1.7e9 + MINUTE * np.arange(n)


@pytest.fixture(scope="module")
def grown_up() -> Bank:
    """A bank that has seen noise around 20."""
    bank = Bank(CONFIG)
    step_one(bank, 20.0 + np.random.default_rng(0).normal(size=READINGS), minutes(READINGS))
    return bank


def next_trust(bank: Bank, value: float, highest: float, pause: float = MINUTE) -> float:
    """The trust in the alarm at the next reading, 0 for none, in a stream with no higher reading so
    far."""
    stored = bank.to_arrays()
    stored["numbers"][0, layout.HIGHEST] = highest
    heir = Bank.from_arrays(CONFIG, stored)
    time = minutes(READINGS)[-1:] + pause
    return float(step_one(heir, np.array([value]), time).trust[0])


STEP = 3.0 * ENOUGH[0] * 8.0  # of a range of about eight


def test_a_new_extreme_calls(grown_up: Bank) -> None:
    assert next_trust(grown_up, 20.5, highest=20.5 - STEP) > 0.0
    assert next_trust(grown_up, 20.5, highest=20.5 + STEP) == 0.0


def test_after_a_gap_a_new_extreme_calls_at_once(grown_up: Bank) -> None:
    assert next_trust(grown_up, 40.0, highest=24.0, pause=360.0 * MINUTE) > 0.0


def test_a_stream_that_was_away_for_longer_than_it_was_known_is_rehearsed_again(
    grown_up: Bank,
) -> None:
    known = (READINGS - 1) * MINUTE
    assert next_trust(grown_up, 40.0, highest=24.0, pause=known - MINUTE) > 0.0
    assert next_trust(grown_up, 40.0, highest=24.0, pause=known + MINUTE) == 0.0
