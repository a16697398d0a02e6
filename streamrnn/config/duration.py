"""Lengths of time as people write them, `"1h30m"`, held as float seconds.

A number without a unit is refused: nobody can tell seconds from milliseconds by looking at it.
"""

from __future__ import annotations

import math
import re
from typing import Annotated, Final, Literal

from pydantic import PlainSerializer, PlainValidator

SECOND: Final = 1.0
MINUTE: Final = 60.0
HOUR: Final = 3600.0
DAY: Final = 86400.0

# Largest first: the order in which a duration is written.
_UNITS_MS: Final = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}
_PATTERN: Final = re.compile("".join(f"(?:([0-9]{{1,12}}){unit})?" for unit in _UNITS_MS))
# Keeps "now + duration" inside what a calendar can show, whoever sends the duration.
_LONGEST_MS: Final = 36_500 * _UNITS_MS["d"]


def parse_duration(text: object) -> float:
    """Seconds of `"500ms"`, `"30s"`, `"10m"`, `"6h"`, `"30d"`, `"1h30m"`.

    Raises ValueError, its message a rule that starts with "must".
    """
    if isinstance(text, int | float) and not isinstance(text, bool):
        raise ValueError('must have a unit, such as "30s", "10m", "6h" or "1d"')
    match = _PATTERN.fullmatch(text) if isinstance(text, str) else None
    if not match or not text:
        raise ValueError('must be a duration such as "500ms", "30s", "1h30m" or "1d"')
    counts = (int(count or 0) for count in match.groups())
    total_ms = sum(count * ms for count, ms in zip(counts, _UNITS_MS.values(), strict=True))
    if total_ms > _LONGEST_MS:
        raise ValueError(f'must be at most "{format_duration(_LONGEST_MS / 1000)}"')
    return total_ms / 1000


def format_duration(seconds: float) -> str:
    """The shortest notation of a duration, to the millisecond; infinity is `"never"`."""
    if math.isinf(seconds):
        return "never"
    rest_ms = round(seconds * 1000)
    parts = []
    for unit, ms in _UNITS_MS.items():
        count, rest_ms = divmod(rest_ms, ms)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def _parse_interval(text: object) -> float:
    seconds = parse_duration(text)
    if seconds == 0:
        raise ValueError('must be longer than "0s"')
    return seconds


def _parse_interval_or_never(text: object) -> float:
    return math.inf if text == "never" else _parse_interval(text)


def _parse_interval_never_or_auto(text: object) -> float | Literal["auto"]:
    return "auto" if text == "auto" else _parse_interval_or_never(text)


def _parse_interval_never_or_on_ack(text: object) -> float | Literal["on_ack"]:
    return "on_ack" if text == "on_ack" else _parse_interval_or_never(text)


def _write(value: float | str) -> str:
    return value if isinstance(value, str) else format_duration(value)


_written_back = PlainSerializer(_write, return_type=str)

Duration = Annotated[float, PlainValidator(parse_duration), _written_back]
"""Seconds, zero allowed."""

Interval = Annotated[float, PlainValidator(_parse_interval), _written_back]
"""Seconds between repetitions: longer than zero."""

IntervalOrNever = Annotated[float, PlainValidator(_parse_interval_or_never), _written_back]
"""As `Interval`, or `"never"`, held as infinity."""

IntervalNeverOrAuto = Annotated[
    float | Literal["auto"], PlainValidator(_parse_interval_never_or_auto), _written_back
]
"""As `IntervalOrNever`, or `"auto"`."""

IntervalNeverOrOnAck = Annotated[
    float | Literal["on_ack"], PlainValidator(_parse_interval_never_or_on_ack), _written_back
]
"""As `IntervalOrNever`, or `"on_ack"`."""


_RATE: Final = re.compile(r"([1-9][0-9]{0,5}) per (\S+)")


def _parse_rate_or_auto(text: object) -> float | Literal["auto"]:
    if text == "auto":
        return "auto"
    match = _RATE.fullmatch(text) if isinstance(text, str) else None
    if not match:
        raise ValueError('must be "auto" or a rate such as "1 per 30d" or "2 per 7d"')
    return _parse_interval(match[2]) / int(match[1])


def _write_rate(value: float | str) -> str:
    return value if isinstance(value, str) else f"1 per {format_duration(value)}"


RateOrAuto = Annotated[
    float | Literal["auto"],
    PlainValidator(_parse_rate_or_auto),
    PlainSerializer(_write_rate, return_type=str),
]
"""`"1 per 30d"`, held as the seconds between two; or `"auto"`."""
