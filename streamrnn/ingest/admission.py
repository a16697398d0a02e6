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
    one, may come at once.

    lacking: times of readings whose streams were refused for want of room alone. Whoever makes room
    clears it.
    """

    def __init__(self, limits: LimitsConfig) -> None:
        self.lacking: list[float] = []
        self._max_streams = limits.max_streams
        per_second = limits.new_streams_per_second
        self._budget = Budget(max(1.0, per_second), per_second)
        self._known: set[str] = set()

    def request(self, stream: str, at: float, time: float | None = None) -> Reason | None:
        """Admit the stream, or tell why not. at: when its reading arrived; time: of the reading,
        None for the same."""
        if stream in self._known:
            return None
        if len(self._known) >= self._max_streams:
            # Room that is made for it costs another stream its place: no faster than new ones come.
            if self._budget.take(at):
                self.lacking.append(at if time is None else time)
            return Reason.TOO_MANY_STREAMS
        if not self._budget.take(at):
            return Reason.NEW_STREAM_RATE
        self._known.add(stream)
        return None

    @property
    def excess(self) -> int:
        """Known streams beyond the cap, which was lower before."""
        return max(0, len(self._known) - self._max_streams)

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
        twin.lacking = []
        twin._budget = copy.copy(self._budget)
        return twin
