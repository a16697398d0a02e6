"""An event in one sentence, for somebody who is woken by it.

freezer/temperature is -9.1, expected -18.4 (-19.0 to -17.7), for 4 min: unexpected.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

from streamrnn.records import Kind

_MOST_DIGITS: Final = 6  # no sensor is better than that
_MOST_DECIMALS: Final = 9
_MOST_NAMES: Final = 3
_UNITS: Final = (("d", 86_400.0, 172_800.0), ("h", 3_600.0, 7_200.0), ("min", 60.0, 120.0))


class Forecast(NamedTuple):
    yhat: float
    lower: float
    upper: float


class Sighting(NamedTuple):
    """One judged reading. forecast: None while there is none."""

    time: float
    value: float
    score: float
    forecast: Forecast | None

    @property
    def in_band(self) -> bool:
        return self.forecast is not None and (
            self.forecast.lower <= self.value <= self.forecast.upper
        )


def describe(stream: str, seen: Sighting, lasted: float, verdict: str) -> str:
    """`lasted`: seconds since the anomaly began; not said when zero."""
    decimals = _decimals(seen)
    value = written(seen.value, decimals)
    parts = [f"{stream} is {value}"]
    if seen.forecast is not None:
        yhat, lower, upper = (written(x, decimals) for x in seen.forecast)
        parts.append(f"expected {yhat} ({lower} to {upper})")
    if lasted > 0.0:
        parts.append(f"for {duration(lasted)}")
    return f"{', '.join(parts)}: {verdict}."


def describe_silence(stream: str, seen: Sighting, silent: float, interval: float | None) -> str:
    """`silent`: seconds since the last reading, which was `seen`. interval: seconds that usually
    lie between two, None where that is not known."""
    usual = "" if interval is None else f", usually one every {duration(interval)}"
    value = written(seen.value, _decimals(seen))
    return f"{stream} was {value}, no reading for {duration(silent)}{usual}: stale."


def in_company(others: Sequence[str]) -> str:
    """What to add when other streams of the device broke as well; nothing when there are none."""
    if not others:
        return ""
    named = ", ".join(others[:_MOST_NAMES])
    more = len(others) - _MOST_NAMES
    return f" Together with {named}{f' and {more} more' if more > 0 else ''}."


def verdict(kind: Kind, seen: Sighting) -> str:
    """What is wrong, in words. A value inside its band may be the latest of an anomaly that shows
    over many readings: the words must not read as a contradiction."""
    if kind is Kind.UNEXPECTED and seen.in_band:
        return "the last few readings were unexpected"
    return _VERDICTS[kind]


_VERDICTS: Final = {
    Kind.UNEXPECTED: "unexpected",
    Kind.SPIKE: "a spike",
    Kind.VARIANCE: "it varies more than usual",
    Kind.DRIFT: "it is drifting away from its usual course",
    Kind.LEVEL_SHIFT: "its level has shifted",
    Kind.FLATLINE: "it is stuck at one value",
    Kind.OUT_OF_RANGE: "outside everything seen so far",
    Kind.STALE: "stale",
}


def written(x: float, decimals: int) -> str:
    """`x` with so many decimals; very large and very small numbers with an exponent."""
    if decimals > _MOST_DECIMALS or abs(x) >= 10.0**_MOST_DECIMALS:
        return f"{x:.{_MOST_DIGITS}g}"
    return f"{round(x, decimals) + 0.0:.{decimals}f}"  # + 0.0: no minus before a zero


def duration(seconds: float) -> str:
    """One unit, no more precise than needed: 45 s, 4 min, 3 h, 5 d."""
    for unit, size, first in _UNITS:
        if seconds >= first:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s" if seconds >= 10.0 else f"{seconds:.2g} s"


def _decimals(seen: Sighting) -> int:
    """So many that the width of the band has two digits, but no number more than six."""
    forecast = seen.forecast
    largest = max(map(abs, (seen.value, *(forecast or ()))))
    room = _MOST_DIGITS - 1 - _magnitude(largest)
    if forecast is None or forecast.upper <= forecast.lower:
        plain = f"{seen.value:.{_MOST_DIGITS}g}".partition("e")[0]
        return max(0, min(room, len(plain.partition(".")[2])))
    return max(0, min(room, 1 - _magnitude(forecast.upper - forecast.lower)))


def _magnitude(x: float) -> int:
    return math.floor(math.log10(x)) if x > 0.0 else 0
