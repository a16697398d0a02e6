"""Values that are finite and absurd: broken sensors send them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from streamrnn.detect import Bank
from tests.detect.streams import (
    QUIET,
    RETRAINING,
    assert_finite,
    is_sound,
    seconds,
    sine,
    step_one,
)

EXTREMES: dict[str, Any] = {
    "one": lambda n: np.where(np.arange(n) == 300, 1e300, sine(n)),
    "one too large for float32": lambda n: np.where(np.arange(n) == 300, 1e60, sine(n)),
    "alternating": lambda n: np.where(np.arange(n) % 2, 1e300, -1e300),
    "growing": lambda n: np.logspace(-300, 300, n),
    "the largest there is": lambda n: np.where(np.arange(n) % 50, sine(n), np.finfo(float).max),
    "hardly more than nothing": lambda n: sine(n) * 1e-300,
}


@pytest.mark.parametrize("extreme", EXTREMES)
def test_extreme_values_leave_decisions_and_weights_finite(extreme: str) -> None:
    bank = Bank(RETRAINING)
    found = step_one(bank, EXTREMES[extreme](900), seconds(900))
    assert_finite(found)
    assert is_sound(bank)


def test_one_absurd_value_does_not_blind_the_stream() -> None:
    """A sensor's error code among 3,000 readings; later a fault that anybody would see."""
    values = sine(3200)
    values[500] = 2.0**32 - 1.0
    values[3000:] = 60.0 + 0.01 * sine(200)
    found = step_one(Bank(QUIET), values, seconds(3200))
    assert found.alarm[3000:].any()


@pytest.mark.parametrize("constant", [0.0, 20.0])
def test_one_absurd_value_does_not_blind_a_stream_that_was_constant(constant: float) -> None:
    random = np.random.default_rng(0)
    values = np.concatenate(
        [
            np.full(500, constant),
            [2.0**32 - 1.0],
            np.full(500, constant),
            random.normal(20.0, 0.5, 2000),
            random.normal(60.0, 0.5, 200),
        ]
    )
    found = step_one(Bank(QUIET), values, seconds(len(values)))
    assert found.alarm[-200:].any()


def test_a_stream_that_never_changes_is_expected_to_stay_and_never_alarms() -> None:
    """Pauses shift the coarse network's time of day, to which its value is nothing new."""
    times = np.concatenate([seconds(900), seconds(900, 1.7e9 + 90_000.0)])
    found = step_one(Bank(QUIET), np.full(1800, 100.0), times)
    assert not found.alarm.any()
    assert found.score.max() == 0.0
    assert found.yhat[-1] == found.yhat_lower[-1] == found.yhat_upper[-1] == 100.0


def test_a_huge_jump_is_seen_soon_after_the_warm_up() -> None:
    values = sine(170, noise=1.0)
    values[160:165] = 80.0
    found = step_one(Bank(QUIET), values, seconds(170))
    assert found.alarm[160]
