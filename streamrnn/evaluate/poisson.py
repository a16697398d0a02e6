"""How much a count of rare events tells about their rate."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

_Z: Final = 1.959964  # of the 95 % interval


class Rate(NamedTuple):
    """How often something happened, as a multiple of how often it was expected."""

    observed: int
    expected: float

    @property
    def ratio(self) -> float:
        return self.observed / self.expected if self.expected > 0.0 else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % confidence interval of the ratio.

        Byar's approximation to the exact Poisson interval (Breslow & Day, Statistical Methods in
        Cancer Research II, 1987, section 2.3), within 1 % from a count of one on.
        """
        if self.expected <= 0.0:
            return 0.0, math.inf
        k = float(self.observed)
        lower = k * (1.0 - 1.0 / (9.0 * k) - _Z / (3.0 * math.sqrt(k))) ** 3 if k > 0.0 else 0.0
        k += 1.0
        upper = k * (1.0 - 1.0 / (9.0 * k) + _Z / (3.0 * math.sqrt(k))) ** 3
        return lower / self.expected, upper / self.expected

    def __str__(self) -> str:
        lower, upper = self.interval
        if not math.isfinite(upper):
            return "-"
        return f"{_short(self.ratio)} ({_short(lower)} to {_short(upper)})"


def pooled(rates: list[Rate]) -> Rate:
    return Rate(sum(rate.observed for rate in rates), sum(rate.expected for rate in rates))


def _short(x: float) -> str:
    return f"{x:.0f}" if x >= 10.0 else f"{x:.1f}" if x >= 1.0 else f"{x:.2f}"
