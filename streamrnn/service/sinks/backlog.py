"""Readings on their way from the loop to a slower thread: bounded, the oldest given up first."""

from __future__ import annotations

import threading
from collections import deque

from streamrnn.service.sinks.sink import Judged


class Backlog:
    """capacity: readings that may wait. The loop puts; one other thread takes."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._lock = threading.Lock()
        self._batches: deque[Judged] = deque()
        self._readings = 0
        self._given_up = 0

    def __len__(self) -> int:
        return self._readings

    def put(self, batch: Judged) -> None:
        """Never waits for longer than a few list operations take."""
        with self._lock:
            self._batches.append(batch)
            self._readings += len(batch.streams)
            while self._readings > self._capacity:
                oldest = len(self._batches.popleft().streams)
                self._readings -= oldest
                self._given_up += oldest

    def take(self) -> tuple[list[Judged], int]:
        """Everything that waits, and how many readings were given up since the last call."""
        with self._lock:
            batches, given_up = list(self._batches), self._given_up
            self._batches.clear()
            self._readings = self._given_up = 0
        return batches, given_up
