import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamrnn.ingest.refusal import RefusedError
from streamrnn.ingest.sparkplug.value import read_value
from streamrnn.ingest.sparkplug.wire import parse_payload
from streamrnn.records import Reason
from tests.ingest.sparkplug import by_hand

SIGNED = {by_hand.INT8: 8, by_hand.INT16: 16, by_hand.INT32: 32, by_hand.INT64: 64}
UNSIGNED = {by_hand.UINT8: 8, by_hand.UINT16: 16, by_hand.UINT32: 32, by_hand.UINT64: 64}


def value_of(field, datatype=0):
    (metric,) = parse_payload(by_hand.payload(by_hand.metric("x", field))).metrics
    return read_value(metric, datatype)


def reason_of(field, datatype=0):
    with pytest.raises(RefusedError) as refusal:
        value_of(field, datatype)
    return refusal.value.reason


def carried(value, bits):
    """By the specification: up to 32 bits in int_value, more in long_value."""
    return by_hand.int_value(value) if bits <= 32 else by_hand.long_value(value)


@given(st.data(), st.sampled_from(list(SIGNED.items())))
def test_signed_integers_come_back_from_two_s_complement(data, type_and_bits):
    datatype, bits = type_and_bits
    value = data.draw(st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1))
    widths = data.draw(st.sampled_from([w for w in (bits, 32, 64) if w >= bits]))
    assert value_of(carried(value % 2**widths, widths), datatype) == value


@given(st.data(), st.sampled_from(list(UNSIGNED.items())))
def test_unsigned_integers_stay_as_they_are(data, type_and_bits):
    datatype, bits = type_and_bits
    value = data.draw(st.integers(0, 2**bits - 1))
    assert value_of(carried(value, bits), datatype) == value
    assert value_of(by_hand.long_value(value), datatype) == value


def test_a_long_beyond_31_bits_is_not_taken_for_a_negative_one():
    assert value_of(by_hand.long_value(3_000_000_000), by_hand.INT64) == 3_000_000_000
    assert value_of(by_hand.long_value(3_000_000_000), by_hand.UINT32) == 3_000_000_000


@pytest.mark.parametrize(
    ("carried_value", "datatype"),
    [(300, by_hand.INT8), (2**31, by_hand.INT16), (256, by_hand.UINT8), (2**16, by_hand.UINT16)],
)
def test_an_integer_beyond_its_type_is_refused(carried_value, datatype):
    assert reason_of(by_hand.int_value(carried_value), datatype) is Reason.OUT_OF_BOUNDS


def test_an_integer_without_a_type_is_refused():
    assert reason_of(by_hand.int_value(5)) is Reason.UNKNOWN_METRIC


def test_floats_and_booleans_need_no_type():
    assert value_of(by_hand.float_value(0.5)) == 0.5
    assert value_of(by_hand.double_value(-1e300)) == -1e300
    assert value_of(by_hand.boolean_value(True)) is True
    assert value_of(by_hand.boolean_value(False)) is False


def test_a_boolean_may_be_carried_as_an_integer():
    assert value_of(by_hand.int_value(1), by_hand.BOOLEAN) == 1
    assert value_of(by_hand.int_value(0), by_hand.BOOLEAN) == 0


def test_a_text_is_text():
    assert value_of(by_hand.string_value("running"), by_hand.STRING) == "running"
    assert reason_of(by_hand.string_value(b"\xff"), by_hand.STRING) is Reason.NOT_UTF8


def test_null_and_a_date_have_no_number():
    assert value_of(by_hand.NULL, by_hand.DOUBLE) is None
    assert value_of(by_hand.double_value(0.0) + by_hand.NULL, by_hand.DOUBLE) is None
    assert value_of(b"", by_hand.DOUBLE) is None
    assert value_of(by_hand.long_value(1_700_000_000_000), by_hand.DATETIME) is None


@pytest.mark.parametrize(
    ("field", "datatype"),
    [
        (by_hand.DATASET_VALUE, by_hand.DATASET),
        (by_hand.TEMPLATE_VALUE, by_hand.TEMPLATE),
        (by_hand.BYTES_VALUE, by_hand.BYTES),
        (by_hand.BYTES_VALUE, by_hand.INT32_ARRAY),
        (by_hand.int_value(5), by_hand.STRING),
    ],
)
def test_what_is_no_number_is_refused(field, datatype):
    assert reason_of(field, datatype) is Reason.NOT_A_NUMBER
