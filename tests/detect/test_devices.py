"""Streams of a bank that are one device: they share an alarm, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamrnn.detect import Bank, layout
from streamrnn.detect.devices import Devices
from streamrnn.detect.recipe import ENOUGH
from tests.detect.streams import QUIET

CHANNELS = len(ENOUGH)
SLOTS = 6


class Pretend:
    """Devices, in rows that hold nothing else."""

    def __init__(self) -> None:
        self.numbers = np.zeros((SLOTS, layout.NUMBERS))
        self.devices = Devices()

    def join(self, slot: int, device: str) -> None:
        self.numbers[slot] = 0.0
        self.devices.join(self.numbers, slot, device)

    def leave(self, slot: int) -> None:
        self.devices.leave(self.numbers, slot)
        self.numbers[slot] = np.nan  # who is gone must not be asked

    def hear(self, slot: int, squares: np.ndarray) -> None:
        """As `alarm` does."""
        leader = self.leader(slot)
        mine = self.numbers[slot, layout.SQUARES : layout.SQUARES + CHANNELS]
        self.numbers[leader, layout.SUMS : layout.SUMS + CHANNELS] += squares - mine
        mine[:] = squares
        for total, part in (
            (layout.NOVELTIES, layout.NOVELTY),
            (layout.SCORE_SQUARES, layout.SCORE_SQUARE),
        ):
            self.numbers[leader, total] += squares[0] - self.numbers[slot, part]
            self.numbers[slot, part] = squares[0]
        self.numbers[leader, layout.TICKS] += 1.0

    def leader(self, slot: int) -> int:
        return int(self.numbers[slot, layout.LEADER])


@given(
    st.lists(
        st.tuples(st.integers(0, SLOTS - 1), st.sampled_from("ab"), st.integers(0, 9)), max_size=40
    )
)
def test_sums_and_numbers_of_streams_are_those_of_who_is_there(
    doings: list[tuple[int, str, int]],
) -> None:
    pretend = Pretend()
    for slot, device, amount in doings:
        if slot not in pretend.devices.by_slot:
            pretend.join(slot, device)
        elif amount == 0:
            pretend.leave(slot)
        else:
            pretend.hear(slot, np.full(CHANNELS, float(amount)))
        for each in "ab":
            there = [s for s, name in pretend.devices.by_slot.items() if name == each]
            if not there:
                continue
            leader = pretend.leader(there[0])
            squares = pretend.numbers[there, layout.SQUARES]
            assert leader in there
            assert pretend.numbers[leader, layout.STREAMS] == len(there)
            assert pretend.numbers[leader, layout.SUMS] == pytest.approx(squares.sum())
            for total in (layout.NOVELTIES, layout.SCORE_SQUARES):
                assert pretend.numbers[leader, total] == pytest.approx(squares.sum())
        used = Devices.of(pretend.devices.by_slot)
        assert used.are_in(pretend.numbers)


def test_a_device_is_the_same_when_its_leader_has_gone() -> None:
    pretend = Pretend()
    for slot in range(3):
        pretend.join(slot, "boiler")
        pretend.hear(slot, np.full(CHANNELS, 1.0 + slot))
    before = pretend.numbers[0, layout.DEVICE :].copy()
    pretend.leave(0)
    after = pretend.numbers[pretend.leader(2), layout.DEVICE :]
    assert after[layout.TICKS - layout.DEVICE] == before[layout.TICKS - layout.DEVICE] == 3.0
    assert after[layout.SUMS - layout.DEVICE] == 5.0


def step_both(bank: Bank, a: int, b: int, values: np.ndarray) -> np.ndarray:
    """Which readings of two streams in turns raised an alarm, (n, 2)."""
    slots = np.tile([a, b], len(values))
    times = np.repeat(np.arange(len(values)) * 60.0, 2)
    return bank.step(slots, values.ravel(), times).alarm.reshape(-1, 2)


def pair(seed: int, n: int = 1600) -> np.ndarray:
    """(n, 2) two noisy rhythms with a step in each now and then."""
    random = np.random.default_rng(seed)
    t = np.arange(n)[:, None]
    values = np.sin(t / 15.0 + np.arange(2)) + 0.1 * random.normal(size=(n, 2))
    for _ in range(6):
        values[random.integers(n) :, random.integers(2)] += random.normal() * 2.0
    return values


@given(seed=st.integers(0, 1000))
@settings(max_examples=5, deadline=None)
def test_streams_of_two_devices_know_nothing_of_each_other(seed: int) -> None:
    values = pair(seed)
    together, alone = Bank(QUIET), Bank(QUIET)
    found = step_both(together, together.slot("one/x"), together.slot("two/x"), values)
    times = np.arange(len(values)) * 60.0
    slots = np.full(len(values), alone.slot("one/x"))
    wanted = alone.step(slots, values[:, 0], times).alarm
    np.testing.assert_array_equal(found[:, 0], wanted)


def test_a_device_calls_once_for_what_all_its_streams_show() -> None:
    random = np.random.default_rng(3)
    values = np.repeat(random.normal(size=(1600, 1)), 2, axis=1)
    values[1500:] += 40.0
    apart, together = Bank(QUIET), Bank(QUIET)
    alone = step_both(apart, apart.slot("one/x"), apart.slot("two/x"), values)
    shared = step_both(together, together.slot("one/x"), together.slot("one/y"), values)
    assert alone[1500].tolist() == [True, True]
    assert shared[1500].sum() == 1


def test_what_a_stream_is_part_of_can_be_said() -> None:
    bank = Bank(QUIET)
    slots = [bank.slot("hall/a", "boiler"), bank.slot("roof/b", "boiler"), bank.slot("roof/c")]
    numbers = bank.to_arrays()["numbers"]
    assert numbers[slots, layout.LEADER].tolist() == [0.0, 0.0, 2.0]
    assert numbers[0, layout.STREAMS] == 2.0


def test_a_stream_that_is_reset_stays_part_of_its_device() -> None:
    bank = Bank(QUIET)
    first, second = bank.slot("hall/a"), bank.slot("hall/b")
    step_both(bank, first, second, pair(1, 400))
    bank.reset(first)
    numbers = bank.to_arrays()["numbers"]
    assert numbers[[first, second], layout.LEADER].tolist() == [second, second]
    assert numbers[second, layout.STREAMS] == 2.0
    assert numbers[second, layout.TICKS] > 0.0
    assert numbers[first, layout.READINGS] == 0.0


def test_a_stream_that_moves_to_another_device_leaves_nothing_behind() -> None:
    bank = Bank(QUIET)
    first, second = bank.slot("hall/a"), bank.slot("hall/b")
    step_both(bank, first, second, pair(2, 400))
    bank.regroup(first, "roof")
    numbers = bank.to_arrays()["numbers"]
    part = slice(layout.SQUARES, layout.SQUARES + CHANNELS)
    sums = slice(layout.SUMS, layout.SUMS + CHANNELS)
    assert numbers[[first, second], layout.LEADER].tolist() == [first, second]
    assert numbers[[first, second], layout.STREAMS].tolist() == [1.0, 1.0]
    assert numbers[second, sums] == pytest.approx(numbers[second, part], abs=1e-12)
    assert not numbers[first, part].any()
    assert not numbers[first, sums].any()
    assert bank.device("hall/a") == "roof"
