"""What became of all that a sink was given: for the metrics."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Tally:
    """delivered, dropped (by reason): since the start. waiting: at the moment."""

    delivered: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    waiting: int = 0


class Counts:
    """Counted by the sink's thread, read by any."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._delivered = 0
        self._dropped: Counter[str] = Counter()

    def delivered(self, number: int = 1) -> None:
        with self._lock:
            self._delivered += number

    def dropped(self, reason: str, number: int = 1) -> None:
        with self._lock:
            self._dropped[reason] += number

    def tally(self, waiting: int) -> Tally:
        with self._lock:
            return Tally(self._delivered, self._dropped.copy(), waiting)
