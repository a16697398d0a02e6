from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamrnn.detect import layout
from streamrnn.detect.attendance import CLOCK
from streamrnn.detect.devices import Devices
from streamrnn.detect.retrain import TrainingResult
from streamrnn.detect.stored import Content, pack, unpack
from streamrnn.errors import StateError
from tests.detect.streams import QUIET

H = QUIET.hidden
P = layout.parameter_count(H)
contents = st.builds(
    lambda names, free, pending, seed: content(names, free, pending, seed),
    st.lists(st.text(max_size=4), max_size=5, unique=True),
    st.integers(0, 4),
    st.integers(0, 4),
    st.integers(0, 2**32 - 1),
)


def content(names: list[str], free: int = 0, pending: int = 0, seed: int = 0) -> Content:
    """The last `free` slots are so, the first `pending` await the result of a training."""
    n = len(names)
    free, pending = min(free, n), min(pending, max(n - free, 0))
    random = np.random.default_rng(seed)
    numbers = random.normal(size=(n, layout.NUMBERS))
    numbers[:, layout.INSTALL_AT] = 50.0 * (np.arange(n) < pending)
    devices = Devices()
    for slot in range(n - free):
        numbers[slot, layout.STREAMS] = 0.0
        devices.join(numbers, slot, str(random.integers(3)))
    results = {
        slot: TrainingResult(0, random.normal(size=(2, P)).astype(np.float32), (True, slot > 0))
        for slot in range(pending)
    }
    return Content(
        names=[*names[: n - free], *[""] * free],
        devices=[devices.by_slot.get(slot, "") for slot in range(n)],
        free=list(range(n - free, n)),
        numbers=numbers,
        rows=random.normal(size=(n, layout.row_size(H))).astype(np.float32),
        heard=random.normal(size=n),
        clock=random.normal(size=CLOCK),
        results=results,
    )


@given(contents)
def test_what_was_packed_comes_back_bit_for_bit(packed: Content) -> None:
    found = unpack(QUIET, pack(QUIET, packed))
    assert (found.names, found.free) == (packed.names, packed.free)
    assert found.devices == packed.devices
    for name in ("numbers", "rows", "heard", "clock"):
        assert getattr(found, name).tobytes() == getattr(packed, name).tobytes()
    assert list(found.results) == list(packed.results)
    for slot, wanted in packed.results.items():
        assert found.results[slot].accepted == wanted.accepted
        np.testing.assert_array_equal(found.results[slot].parameters, wanted.parameters)


def test_a_stream_may_have_the_empty_name_while_another_slot_is_free() -> None:
    assert unpack(QUIET, pack(QUIET, content(["a", "", "c"], free=1))).names == ["a", "", ""]


@pytest.mark.parametrize("name", sorted(pack(QUIET, content(["a"]))))
def test_without_any_one_array_nothing_is_restored(name: str) -> None:
    arrays = pack(QUIET, content(["a", "b"], pending=1))
    del arrays[name]
    with pytest.raises(StateError, match="afresh"):
        unpack(QUIET, arrays)


@pytest.mark.parametrize(
    ("array", "value"),
    [
        ("free", np.array([7])),
        ("free", np.array([1, 1])),
        ("free", np.array([-1])),
        ("heard", np.zeros(1)),
        ("clock", np.zeros(CLOCK + 1)),
        ("numbers", np.zeros((3, layout.NUMBERS))),
        ("rows", np.zeros((2, 5), np.float32)),
        ("pending_slots", np.array([], np.int64)),
        ("pending_slots", np.array([1])),
        ("names", np.frombuffer(b'["a", 3]', np.uint8)),
        ("names", np.frombuffer(b'["a", "a"]', np.uint8)),
        ("names", np.frombuffer(b'["a"]', np.uint8)),
        ("names", np.frombuffer(b"not JSON", np.uint8)),
        ("devices", np.frombuffer(b'["a", 3]', np.uint8)),
        ("devices", np.frombuffer(b'["a"]', np.uint8)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_arrays_that_do_not_belong_together_are_refused(array: str, value: np.ndarray) -> None:
    arrays = pack(QUIET, content(["a", "b"], pending=1))
    unpack(QUIET, arrays)
    with pytest.raises(StateError, match="afresh"):
        unpack(QUIET, {**arrays, array: value})


@pytest.mark.parametrize(
    ("row", "column", "value"),
    [(0, layout.LEADER, 1.0), (1, layout.LEADER, 7.0), (0, layout.STREAMS, 2.0)],
)
def test_devices_that_are_torn_apart_are_refused(row: int, column: int, value: float) -> None:
    arrays = pack(QUIET, content(["a", "b"])._replace(devices=["one", "other"]))
    for slot in range(2):
        arrays["numbers"][slot, [layout.LEADER, layout.STREAMS]] = slot, 1.0
    unpack(QUIET, arrays)
    arrays["numbers"][row, column] = value
    with pytest.raises(StateError, match="apart"):
        unpack(QUIET, arrays)
