"""Which streams may exist: a cap on their number, and on how fast new ones appear.

One topic with a random part, or one hostile publisher, would otherwise fill the memory.
"""

from __future__ import annotations

import copy

from streamrnn.config import LimitsConfig
from streamrnn.ingest.budget import Budget
from streamrnn.records import Reason


class Admission:
    """The streams that are known, and the budget for new ones: those of one second, and at least
    one, may come at once."""

    def __init__(self, limits: LimitsConfig) -> None:
        self._max_streams = limits.max_streams
        per_second = limits.new_streams_per_second
        self._budget = Budget(max(1.0, per_second), per_second)
        self._known: set[str] = set()

    def request(self, stream: str, at: float) -> Reason | None:
        """Admit the stream, or tell why not. `at`: when its reading arrived."""
        if stream in self._known:
            return None
        if len(self._known) >= self._max_streams:
            return Reason.TOO_MANY_STREAMS
        if not self._budget.take(at):
            return Reason.NEW_STREAM_RATE
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
        twin._budget = copy.copy(self._budget)
        return twin
