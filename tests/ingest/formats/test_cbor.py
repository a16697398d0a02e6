"""The examples of RFC 8949, Appendix A, each as the value `x` of an object."""

from __future__ import annotations

import math

import pytest

from streamrnn.config import SourceConfig
from streamrnn.ingest.formats.binary import Cbor
from streamrnn.ingest.number import as_number
from streamrnn.records import Reason
from tests.ingest.messages import decode, ingest_of, message, reasons

NUMBERS = {
    "00": 0, "01": 1, "0a": 10, "17": 23, "1818": 24, "1819": 25, "1864": 100, "1903e8": 1000,
    "1a000f4240": 1000000, "1b000000e8d4a51000": 1000000000000, "20": -1, "29": -10,
    "3863": -100, "3903e7": -1000, "1bffffffffffffffff": 18446744073709551615,
    "3bffffffffffffffff": -18446744073709551616, "c249010000000000000000": 18446744073709551616,
    "c349010000000000000000": -18446744073709551617, "f90000": 0.0, "f98000": -0.0,
    "f93c00": 1.0, "fb3ff199999999999a": 1.1, "f93e00": 1.5, "f97bff": 65504.0,
    "fa47c35000": 100000.0, "fa7f7fffff": 3.4028234663852886e38, "fb7e37e43c8800759c": 1.0e300,
    "f90001": 5.960464477539063e-08, "f90400": 6.103515625e-05, "f9c400": -4.0,
    "fbc010666666666666": -4.1, "f4": False, "f5": True,
}  # fmt: skip
NOT_FINITE = (
    *("f97c00", "f97e00", "f9fc00", "fa7f800000", "fa7fc00000", "faff800000"),
    *("fb7ff0000000000000", "fb7ff8000000000000", "fbfff0000000000000"),
)
NO_NUMBERS = (
    *("f6", "f7", "f0", "f818", "f8ff", "d74401020304", "d818456449455446", "40", "4401020304"),
    *("d82076687474703a2f2f7777772e6578616d706c652e636f6d", "60", "6161", "6449455446"),
    *("62225c", "62c3bc", "63e6b0b4", "64f0908591", "5f42010243030405ff", "80", "a0", "9fff"),
    *("7f657374726561646d696e67ff", "c074323031332d30332d32315432303a30343a30305a"),
)


def as_x(encoded: str) -> bytes:
    return bytes.fromhex(f"a16178{encoded}")


@pytest.mark.parametrize("encoded", NUMBERS)
def test_each_number_is_read(encoded: str) -> None:
    (record,) = Cbor().read(message("t", as_x(encoded))).records
    number = as_number(record.leaves["x"])
    assert number == float(NUMBERS[encoded])
    assert math.copysign(1.0, number) == math.copysign(1.0, NUMBERS[encoded])


@pytest.mark.parametrize("encoded", NOT_FINITE)
def test_what_is_not_finite_is_left_out(encoded: str) -> None:
    ingest = ingest_of(SourceConfig(topic="#", format="cbor"))
    assert reasons(ingest, message("t", as_x(encoded))) == [Reason.NOT_FINITE]


@pytest.mark.parametrize("encoded", NO_NUMBERS)
def test_what_is_no_number_is_no_reading(encoded: str) -> None:
    ingest = ingest_of(SourceConfig(topic="#", format="cbor"))
    assert decode(ingest, message("t", as_x(encoded))) == []
    assert ingest.rejected.total() == 1


@pytest.mark.parametrize("encoded", ["a26161016162820203", "bf61610161629f0203ffff"])
def test_lengths_need_not_be_said_beforehand(encoded: str) -> None:
    ingest = ingest_of(SourceConfig(topic="#", format="cbor"))
    found = decode(ingest, message("t", bytes.fromhex(encoded)))
    assert [(stream, value) for stream, value, _ in found] == [
        ("t/a", 1.0),
        ("t/b.0", 2.0),
        ("t/b.1", 3.0),
    ]


def test_keys_may_be_integers() -> None:
    ingest = ingest_of(SourceConfig(topic="#", format="cbor"))
    found = decode(ingest, message("t", bytes.fromhex("a201020304")))
    assert [(stream, value) for stream, value, _ in found] == [("t/1", 2.0), ("t/3", 4.0)]
