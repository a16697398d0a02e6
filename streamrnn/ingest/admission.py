"""Which streams may exist: a cap on their number, and on how fast new ones appear.

One topic with a random part, or one hostile publisher, would otherwise fill the memory.
"""

from __future__ import annotations

import copy

from streamrnn.config import LimitsConfig
from streamrnn.records import Reason


class Admission:
    """The streams that are known, and the budget for new ones.

    The budget is a token bucket: it holds the new streams of one second, and at least one. Its
    clock is the arrival of the messages, so the same messages are always treated the same.
    """

    def __init__(self, limits: LimitsConfig) -> None:
        self._max_streams = limits.max_streams
        self._per_second = limits.new_streams_per_second
        self._capacity = max(1.0, limits.new_streams_per_second)
        self._tokens = self._capacity
        self._refilled_at: float | None = None
        self._known: set[str] = set()

    def request(self, stream: str, at: float) -> Reason | None:
        """Admit the stream, or tell why not. `at`: when its reading arrived."""
        if stream in self._known:
            return None
        if len(self._known) >= self._max_streams:
            return Reason.TOO_MANY_STREAMS
        self._refill(at)
        if self._tokens < 1.0:
            return Reason.NEW_STREAM_RATE
        self._tokens -= 1.0
        self._known.add(stream)
        return None

    def admit(self, stream: str) -> None:
        """Make a stream known whatever the limits: it has been admitted before a restart."""
        self._known.add(stream)

    def forget(self, stream: str) -> None:
        """Make room for another stream."""
        self._known.discard(stream)

    def copy(self) -> Admission:
        """An independent twin, to try out what a message would do."""
        twin = copy.copy(self)
        twin._known = self._known.copy()
        return twin

    def _refill(self, at: float) -> None:
        if self._refilled_at is not None:
            # A clock that was put back gives nothing, and takes nothing away.
            elapsed = max(0.0, at - self._refilled_at)
            self._tokens = min(self._capacity, self._tokens + elapsed * self._per_second)
        self._refilled_at = at
