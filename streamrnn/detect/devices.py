"""Which streams of a bank are one device, whose alarm they share.

The numbers of a device lie in the row of one of its streams, its leader; see `layout`. When that
one goes, they move on.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from streamrnn.detect import layout
from streamrnn.detect.recipe import ENOUGH

_CHANNELS = len(ENOUGH)
# What a device keeps the sum of over its streams: where the sum is, and where each one's part.
_SUMS = (
    (layout.NOVELTIES, layout.NOVELTY),
    (layout.SCORE_SQUARES, layout.SCORE_SQUARE),
    (
        slice(layout.SUMS, layout.SUMS + _CHANNELS),
        slice(layout.SQUARES, layout.SQUARES + _CHANNELS),
    ),
)


class Devices:
    """by_slot: the device of each stream."""

    def __init__(self) -> None:
        self.by_slot: dict[int, str] = {}
        self._members: dict[str, set[int]] = {}

    @classmethod
    def of(cls, by_slot: Mapping[int, str]) -> Devices:
        """Those that there are already."""
        devices = cls()
        for slot, device in by_slot.items():
            devices._add(slot, device)
        return devices

    def are_in(self, numbers: NDArray[np.float64]) -> bool:
        """Whether the rows, (n, NUMBERS), belong to these devices."""
        for members in self._members.values():
            leaders = numbers[list(members), layout.LEADER]
            leader = leaders[0]
            if leader not in members or np.any(leaders != leader):
                return False
            if numbers[int(leader), layout.STREAMS] != len(members):
                return False
        return True

    def join(self, numbers: NDArray[np.float64], slot: int, device: str) -> None:
        """numbers: all rows; that of `slot` is new."""
        members = self._members.get(device)
        leader = int(numbers[min(members), layout.LEADER]) if members else slot
        self._add(slot, device)
        numbers[slot, layout.LEADER] = leader
        numbers[leader, layout.STREAMS] += 1.0

    def leave(self, numbers: NDArray[np.float64], slot: int) -> str:
        """Returns the device that it was part of. Nothing of that stays in its row."""
        device = self.by_slot.pop(slot)
        members = self._members[device]
        members.remove(slot)
        if members:
            self._take_out(numbers, slot, members)
        else:
            del self._members[device]
        for _, part in _SUMS:
            numbers[slot, part] = 0.0
        numbers[slot, layout.WAITING] = 0.0
        numbers[slot, layout.DEVICE :] = 0.0
        return device

    @staticmethod
    def _take_out(numbers: NDArray[np.float64], slot: int, members: set[int]) -> None:
        leader = int(numbers[slot, layout.LEADER])
        if leader == slot:
            leader = min(members)
            numbers[leader, layout.DEVICE :] = numbers[slot, layout.DEVICE :]
            numbers[list(members), layout.LEADER] = leader
        numbers[leader, layout.STREAMS] -= 1.0
        for total, part in _SUMS:
            numbers[leader, total] = np.maximum(numbers[leader, total] - numbers[slot, part], 0.0)

    def _add(self, slot: int, device: str) -> None:
        self.by_slot[slot] = device
        self._members.setdefault(device, set()).add(slot)
