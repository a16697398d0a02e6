"""Idle streams give way to new ones when there is room for no more.

Who goes is decided by the readings alone, at the message that found no room: the same messages lead
to the same streams, live or sent again after a crash, in batches of any size.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from typing import Final, NamedTuple, Protocol

from streamrnn.detect.sentence import Sighting, duration
from streamrnn.records import Event
from streamrnn.service.logs import RateLimited
from streamrnn.service.state import State

log = logging.getLogger("streamrnn.loop")

_REMEDY: Final = "raise limits.max_streams or limits.max_memory_mb if both are to stay"


class Rememberer(Protocol):
    """Keeps something of each stream, here or at the broker."""

    def forget(self, stream: str, slot: int) -> None:
        """The stream is given up: takes back what there is of it. The slot gets another one."""


class GivenUp(NamedTuple):
    """event: the end of its anomaly, if one was told to begin."""

    stream: str
    slot: int
    event: Event | None


class Shedding:
    """Belongs to the loop. total: streams given up since the start."""

    def __init__(self, state: State, complaints: RateLimited) -> None:
        self.total = 0
        self._state = state
        self._complaints = complaints
        self._none_before = -math.inf

    def shed(self, most: int) -> Iterator[GivenUp]:
        """Gives up to `most` idle streams up, the longest silent first."""
        bank = self._state.bank
        if bank.latest < self._none_before:  # in an explosion of topics it is asked for each
            return
        idleness = bank.idleness()
        slots = idleness.longest(most)
        self._none_before = idleness.none_before() if len(slots) < most else -math.inf
        last = bank.rhythm().value[slots].tolist()
        for slot, value in zip(slots, last, strict=True):
            seen = Sighting(idleness.latest, value, 0.0, None)
            yield self._give_up(slot, seen, float(idleness.silent[slot]))

    def _give_up(self, slot: int, seen: Sighting, silent: float) -> GivenUp:
        bank, tracker = self._state.bank, self._state.tracker
        stream = bank.names[slot]
        why = f"given up to make room, after {duration(silent)} of silence"
        event = tracker.release(slot, seen, why)
        bank.release(slot)
        self.total += 1
        data = {"stream": stream, "silent": duration(silent), "remedy": _REMEDY}
        self._complaints.log(logging.WARNING, "stream_shed", "stream_shed", data)
        return GivenUp(stream, slot, event)
