"""Lengths of time: what may be written, and what it means."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from streamrnn.config.duration import (
    Duration,
    Interval,
    IntervalOrNever,
    format_duration,
    parse_duration,
)

LONGEST_MS = 36_500 * 86_400_000


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("500ms", 0.5),
        ("0s", 0.0),
        ("30s", 30.0),
        ("10m", 600.0),
        ("6h", 21_600.0),
        ("30d", 2_592_000.0),
        ("1h30m", 5_400.0),
        ("1d2h3m4s5ms", 93_784.005),
        ("90s", 90.0),
        ("36500d", LONGEST_MS / 1000),
    ],
)
def test_a_duration_is_whole_numbers_with_units_from_large_to_small(
    text: str, seconds: float
) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "s",
        "x",
        "30 s",
        "30S",
        "-5s",
        "+5s",
        "1.5h",
        "30m1h",
        "1h1h",
        "1_000s",
        "٣s",
        "5s\n",
    ],
)
def test_anything_else_is_refused_with_examples(text: str) -> None:
    with pytest.raises(ValueError, match=r'^must be a duration such as "500ms"'):
        parse_duration(text)


@pytest.mark.parametrize("value", [30, 0, 1.5, math.inf])
def test_a_number_without_a_unit_is_refused_with_the_remedy(value: float) -> None:
    with pytest.raises(ValueError, match=r'^must have a unit, such as "30s"'):
        parse_duration(value)


@pytest.mark.parametrize("value", [True, None, ["30s"]])
def test_what_is_neither_text_nor_number_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"^must be a duration"):
        parse_duration(value)


@pytest.mark.parametrize("text", ["36501d", "36500d1ms", "999999999999d"])
def test_a_duration_is_at_most_a_hundred_years(text: str) -> None:
    with pytest.raises(ValueError, match=r'^must be at most "36500d"'):
        parse_duration(text)


@given(st.integers(0, LONGEST_MS))
def test_a_written_duration_reads_back_as_the_same(milliseconds: int) -> None:
    seconds = milliseconds / 1000
    assert parse_duration(format_duration(seconds)) == seconds


@given(
    st.lists(st.integers(0, 9_999), min_size=5, max_size=5).filter(any),
)
def test_a_duration_means_the_sum_of_its_parts(counts: list[int]) -> None:
    units = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}
    text = "".join(f"{count}{unit}" for count, unit in zip(counts, units, strict=True) if count)
    total_ms = sum(count * ms for count, ms in zip(counts, units.values(), strict=True))
    assert parse_duration(text) == total_ms / 1000


def test_a_duration_is_written_in_its_shortest_form() -> None:
    assert format_duration(5_400.0) == "1h30m"
    assert format_duration(86_400.0) == "1d"
    assert format_duration(0.25) == "250ms"
    assert format_duration(0.0) == "0s"


def test_an_interval_is_longer_than_zero() -> None:
    assert TypeAdapter(Duration).validate_python("0s") == 0.0
    for kind in (Interval, IntervalOrNever):
        with pytest.raises(ValidationError, match='must be longer than "0s"'):
            TypeAdapter(kind).validate_python("0ms")


def test_never_is_an_interval_without_end_and_is_written_back_as_never() -> None:
    never = TypeAdapter(IntervalOrNever)
    assert never.validate_python("never") == math.inf
    assert never.dump_python(math.inf) == "never"
    with pytest.raises(ValidationError, match="must be a duration"):
        TypeAdapter(Interval).validate_python("never")
