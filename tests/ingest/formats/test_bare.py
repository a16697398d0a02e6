from __future__ import annotations

import contextlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamrnn.ingest.format import Scalar
from streamrnn.ingest.formats.bare import bare_document, read_bare
from streamrnn.ingest.number import as_number, read_usual_number
from streamrnn.ingest.refusal import RefusedError
from streamrnn.records import Reason


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("23.4", 23.4),
        (" -7\r\n", -7.0),
        ("1e3", 1000.0),
        ("+5", 5.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("007", 7.0),
        ("ON", 1.0),
        ("off\n", 0.0),
        ("True", 1.0),
        ("false", 0.0),
        ("Open", 1.0),
        ("closed", 0.0),
        ("online", 1.0),
        ("OFFLINE", 0.0),
        ('"on"', 1.0),
    ],
)
def test_a_bare_payload_that_is_a_number(text: str, number: float) -> None:
    assert as_number(read_bare(text.encode())) == number


@pytest.mark.parametrize(
    "text",
    ["12,5", "1_000", "0x10", "1 2", "23.4 °C", "1e", "--1", ".", "null", '"12"', "idle", "1\0"],
)
def test_a_bare_payload_that_is_no_number(text: str) -> None:
    assert as_number(read_bare(text.encode())) is None


def test_other_alphabets_have_no_digits_here() -> None:
    assert as_number(read_bare("٣".encode())) is None


@pytest.mark.parametrize("text", ["NaN", "-inf", "Infinity", "1e999", "1" * 400])
def test_a_bare_number_that_is_not_finite_is_still_a_number(text: str) -> None:
    number = as_number(read_bare(text.encode()))
    assert number is not None
    assert not math.isfinite(number)


@given(st.floats() | st.integers() | st.sampled_from(["ON", "off", "Open", " 5 ", "-0", "x", "+1"]))
def test_the_quick_reading_of_a_bare_payload_agrees_with_the_thorough_one(value: object) -> None:
    payload = str(value).encode()
    quick = read_usual_number(payload)
    if quick is not None:
        assert quick == as_number(read_bare(payload))


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", Reason.EMPTY),
        (b" \n", Reason.EMPTY),
        (b"\xff\xfe", Reason.NOT_UTF8),
        (b'"open', Reason.NOT_DECODABLE),
        (b'{"t":1}', Reason.NOT_DECODABLE),
    ],
)
def test_what_is_no_single_value_is_refused_with_its_reason(payload: bytes, reason: Reason) -> None:
    with pytest.raises(RefusedError) as caught:
        read_bare(payload)
    assert caught.value.reason is reason


def test_the_document_is_bare_and_has_one_value() -> None:
    document = bare_document(b"5")
    assert document.bare
    assert [record.leaves for record in document.records] == [{"value": 5.0}]


@given(st.binary() | st.text().map(str.encode))
def test_nothing_but_a_refusal_is_ever_raised(payload: bytes) -> None:
    read_usual_number(payload)
    with contextlib.suppress(RefusedError):
        value: Scalar = read_bare(payload)
        as_number(value)
