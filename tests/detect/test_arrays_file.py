"""The file format: what comes back is what went in, and nothing else ever comes back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from streamrnn.detect import arrays_file
from streamrnn.detect.arrays_file import DamagedError, NewerFormatError, decode, encode

ARRAYS = {
    "numbers": np.arange(12.0).reshape(3, 4),
    "weights": np.linspace(0, 1, 5, dtype=np.float32),
    "flags": np.array([True, False]),
    "empty": np.zeros((0, 7), np.int64),
}
FACTS = {"tracker": {"open": {"Kühlhaus/°C": 1.5}}, "count": 3}
DATA = b"".join(encode(ARRAYS, FACTS))

dtypes = (
    hnp.boolean_dtypes()
    | hnp.integer_dtypes()
    | hnp.unsigned_integer_dtypes()
    | hnp.floating_dtypes(sizes=(16, 32, 64))
)


def test_arrays_and_facts_come_back() -> None:
    arrays, facts = decode(DATA)
    assert facts == FACTS
    assert list(arrays) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(arrays[name], array)


@given(hnp.arrays(dtypes, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0)), st.booleans())
def test_any_array_comes_back_bit_for_bit(array: NDArray[Any], turned: bool) -> None:
    given_array = array.T if turned else array
    back = decode(b"".join(encode({"a": given_array}, {})))[0]["a"]
    assert back.shape == given_array.shape
    assert back.tobytes() == given_array.astype(given_array.dtype.newbyteorder("<")).tobytes()


@given(st.integers(0, len(DATA) - 1), st.integers(1, 255))
def test_any_changed_byte_is_detected(at: int, flip: int) -> None:
    damaged = bytearray(DATA)
    damaged[at] ^= flip
    with pytest.raises(DamagedError):
        decode(bytes(damaged))


@given(st.integers(0, len(DATA) - 1))
def test_any_missing_end_is_detected(length: int) -> None:
    with pytest.raises(DamagedError):
        decode(DATA[:length])


@given(st.binary(min_size=1, max_size=100))
def test_anything_appended_is_detected(more: bytes) -> None:
    with pytest.raises(DamagedError):
        decode(DATA + more)


def test_another_file_is_told_to_be_one() -> None:
    with pytest.raises(DamagedError, match="not a file of streamrnn"):
        decode(b"PNG" * 100)


def test_a_newer_format_is_told_from_damage() -> None:
    newer = bytearray(DATA)
    newer[8:12] = (arrays_file.VERSION + 1).to_bytes(4, "little")
    newer[-4:] = arrays_file.checksum([bytes(newer[:-4])])
    with pytest.raises(NewerFormatError, match="install that version"):
        decode(bytes(newer))


def test_arrays_of_objects_are_refused() -> None:
    with pytest.raises(TypeError, match="'a' of object"):
        encode({"a": np.array([object()])}, {})


def test_large_arrays_are_not_copied() -> None:
    array = np.zeros(100_000)
    views = [piece for piece in encode({"a": array}, {}) if isinstance(piece, memoryview)]
    assert np.shares_memory(np.frombuffer(views[0], np.uint8), array)
