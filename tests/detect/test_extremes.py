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


def test_one_extreme_value_does_not_blind_the_stream() -> None:
    """Its forecasts are again of the size of the signal, its band of that of the noise."""
    values = sine(3000)
    values[300] = 1e9
    found = step_one(Bank(QUIET), values, seconds(3000))
    assert (found.yhat_upper - found.yhat_lower)[-500:].max() < 100.0
    assert np.abs(found.yhat - values)[-500:].mean() < 5.0
