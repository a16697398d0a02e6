"""The sentence of an event: readable, and no more precise than the band."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamrnn.detect.sentence import (
    Forecast,
    Sighting,
    describe,
    describe_silence,
    duration,
    in_company,
    verdict,
    written,
)
from streamrnn.records import Kind

FREEZER = Sighting(0.0, -9.1234567, 1.7, Forecast(-18.4321, -19.0123, -17.7456))


def sentence(value: float, yhat: float, lower: float, upper: float) -> str:
    return describe("x", Sighting(0.0, value, 1.5, Forecast(yhat, lower, upper)), 0.0, "odd")


def test_it_says_what_is_what_was_expected_and_for_how_long() -> None:
    assert describe("freezer/temperature", FREEZER, 240.0, verdict(Kind.UNEXPECTED, FREEZER)) == (
        "freezer/temperature is -9.1, expected -18.4 (-19.0 to -17.7), for 4 min: unexpected."
    )


def test_a_new_anomaly_has_not_lasted_yet() -> None:
    assert describe("door", Sighting(0.0, 1.0, 1.5, None), 0.0, "odd") == "door is 1: odd."


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ((2.31, 2.13, 2.11, 2.16), "x is 2.310, expected 2.130 (2.110 to 2.160): odd."),
        ((1013.27, 1000.2, 990.1, 1010.3), "x is 1013, expected 1000 (990 to 1010): odd."),
        ((-0.004, 1.0, 0.5, 1.5), "x is 0.0, expected 1.0 (0.5 to 1.5): odd."),
        ((3e12, 2e12, 1e12, 2.5e12), "x is 3e+12, expected 2e+12 (1e+12 to 2.5e+12): odd."),
        ((2e-14, 1e-14, 5e-15, 1.5e-14), "x is 2e-14, expected 1e-14 (5e-15 to 1.5e-14): odd."),
        ((21.5, 21.5, 21.5, 21.5), "x is 21.5, expected 21.5 (21.5 to 21.5): odd."),
        ((100000.3, 100000.1, 100000.0999, 100000.1001),
         "x is 100000, expected 100000 (100000 to 100000): odd."),
    ],
)  # fmt: skip
def test_numbers_are_as_precise_as_the_band(
    numbers: tuple[float, float, float, float], expected: str
) -> None:
    assert sentence(*numbers) == expected


def test_each_kind_has_its_words() -> None:
    inside = Sighting(0.0, -18.0, 1.7, FREEZER.forecast)
    assert verdict(Kind.OUT_OF_RANGE, FREEZER) == "outside everything seen so far"
    assert verdict(Kind.LEVEL_SHIFT, inside) == "its level has shifted"
    assert verdict(Kind.UNEXPECTED, inside) == "the last few readings were unexpected"


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.NONE])
def test_every_kind_can_be_told(kind: Kind) -> None:
    assert verdict(kind, FREEZER)


def test_silence_is_told_with_what_is_usual() -> None:
    assert describe_silence("freezer/temperature", FREEZER, 720.0, 60.0) == (
        "freezer/temperature was -9.1, no reading for 12 min, usually one every 60 s: stale."
    )
    assert describe_silence("door", Sighting(0.0, 1.0, 1.5, None), 7200.0, None) == (
        "door was 1, no reading for 2 h: stale."
    )


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ([], ""),
        (["b"], " Together with b."),
        (["b", "c", "d"], " Together with b, c, d."),
        (["b", "c", "d", "e", "f"], " Together with b, c, d and 2 more."),
    ],
    ids=len,
)
def test_company_is_named_up_to_three(others: list[str], expected: str) -> None:
    assert in_company(others) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0.25, "0.25 s"), (45.0, "45 s"), (119.0, "119 s"), (240.0, "4 min"), (7200.0, "2 h"),
     (86_400.0, "24 h"), (3 * 86_400.0, "3 d")],
)  # fmt: skip
def test_lengths_of_time_have_one_unit(seconds: float, expected: str) -> None:
    assert duration(seconds) == expected


@given(st.floats(-1e15, 1e15), st.floats(-1e15, 1e15), st.floats(0.0, 1e15))
def test_any_reading_can_be_told_in_a_short_sentence(
    value: float, yhat: float, half: float
) -> None:
    assert len(sentence(value, yhat, yhat - half, yhat + half)) < 90


@given(st.floats(-1e8, 1e8), st.integers(0, 6))
def test_written_numbers_are_the_nearest_with_so_many_decimals(x: float, decimals: int) -> None:
    assert abs(float(written(x, decimals)) - x) <= 0.5 * 10.0**-decimals + 1e-6
    assert written(-0.0, decimals) == written(0.0, decimals)
