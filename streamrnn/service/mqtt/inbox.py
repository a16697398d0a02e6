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


class Inbox:
    """Hands messages over in bursts: all that one readiness of the socket brought.

    One lock operation per burst instead of per message; under load the bursts grow by
    themselves. One thread puts, one thread takes.
    """

    def __init__(
        self, capacity: int, reserve: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """capacity: messages. reserve: room beyond it for those that must not be dropped."""
        self.capacity: Final = capacity
        self.reserve: Final = reserve
        self.last_message_at: float | None = None
        self._bursts: deque[list[Message]] = deque()
        self._rest: list[Message] = []  # taken off `_bursts`, beyond what was asked for
        self._arrived = threading.Event()
        self._clock = clock
        self._taken_at = -math.inf
        # Each counter has one writer, so neither needs a lock.
        self._put = 0
        self._taken = 0

    def __len__(self) -> int:
        return self._put - self._taken

    def room(self) -> int:
        """Messages that still fit; negative once the reserve is in use."""
        return self.capacity - len(self)

    @property
    def is_being_emptied(self) -> bool:
        """Whether somebody has taken messages within the last seconds."""
        return self._clock() - self._taken_at < _STANDS_STILL_SECONDS

    def put(self, burst: list[Message]) -> None:
        """Hand over `burst`, not empty, which the caller must not touch again."""
        self.last_message_at = burst[-1].received_at
        self._put += len(burst)
        self._bursts.append(burst)
        if not self._arrived.is_set():
            self._arrived.set()

    def take(self, max_items: int, timeout: float) -> list[Message]:
        """Up to `max_items` messages in order of arrival; [] when none came within `timeout`
        seconds."""
        if not self._rest and not self._bursts:
            self._arrived.clear()
            if not self._bursts:
                self._arrived.wait(timeout)
        batch = self._rest
        while len(batch) < max_items and self._bursts:
            batch += self._bursts.popleft()
        self._rest = batch[max_items:]
        del batch[max_items:]
        if batch:
            self._taken += len(batch)
            self._taken_at = self._clock()
        return batch
