"""The bounded queue between the network thread and the loop."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final

from streamrnn.records import Message

_STANDS_STILL_SECONDS: Final = 2.0

MOST_BYTES: Final = 32_000_000
"""Of payloads that wait: then there is no room, and at twice as many no reserve either."""

TURN_BYTES: Final = 1_000_000
"""To deal with at once: thousands of values in each of a thousand messages would take longer than a
watchdog waits."""


class Inbox:
    """Hands messages over in bursts: all that one readiness of the socket brought.

    One lock operation per burst instead of per message; under load the bursts grow by
    themselves. One thread puts, one thread takes.

    Bounded by messages and by the bytes of their payloads: a hundred thousand short messages are a
    few megabytes, as many long ones would be all the memory there is.
    """

    def __init__(
        self, capacity: int, reserve: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """capacity: messages. reserve: room beyond it for those that must not be dropped."""
        self.capacity: Final = capacity
        self.reserve: Final = reserve
        self.last_message_at: float | None = None
        self._bursts: deque[tuple[list[Message], int]] = deque()  # with the bytes of each
        self._rest: list[Message] = []  # taken off `_bursts`, beyond what was asked for
        self._arrived = threading.Event()
        self._clock = clock
        self._taken_at = -math.inf
        # Each counter has one writer, so neither needs a lock.
        self._put = 0
        self._taken = 0
        self._put_bytes = 0
        self._taken_bytes = 0

    def __len__(self) -> int:
        return self._put - self._taken

    def room(self) -> int:
        """Messages that still fit; negative once the reserve is in use."""
        room, held = self.capacity - len(self), self._put_bytes - self._taken_bytes
        if held < MOST_BYTES:
            return room
        return min(room, 0 if held < 2 * MOST_BYTES else -self.reserve)

    @property
    def is_being_emptied(self) -> bool:
        """Whether somebody has taken messages within the last seconds."""
        return self._clock() - self._taken_at < _STANDS_STILL_SECONDS

    def put(self, burst: list[Message], size: int) -> None:
        """Hand over `burst`, not empty, which the caller must not touch again. size: bytes of its
        payloads."""
        self.last_message_at = burst[-1].received_at
        self._put += len(burst)
        self._put_bytes += size
        self._bursts.append((burst, size))
        if not self._arrived.is_set():
            self._arrived.set()

    def take(self, max_items: int, timeout: float) -> list[Message]:
        """Up to `max_items` messages in order of arrival, and no more bursts once their payloads
        have `TURN_BYTES`; [] when none came within `timeout` seconds."""
        if not self._rest and not self._bursts:
            self._arrived.clear()
            if not self._bursts:
                self._arrived.wait(timeout)
        batch, taken = self._rest, 0
        while len(batch) < max_items and taken < TURN_BYTES and self._bursts:
            burst, size = self._bursts.popleft()
            batch += burst
            taken += size
        self._taken_bytes += taken
        self._rest = batch[max_items:]
        del batch[max_items:]
        if batch:
            self._taken += len(batch)
            self._taken_at = self._clock()
        return batch
