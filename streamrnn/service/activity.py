"""What metrics tell of events: how many were opened, and which streams were lately anomalous."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Final

from streamrnn.records import Event, EventType

HOLD_SECONDS: Final = 60.0
"""An anomaly shows for at least so long: scrapes come every 15 to 60 seconds. Of the wall clock,
not of the readings: that is what the scraper lives by."""


class Activity:
    """opened: anomalies since the start, by (stream, kind). clock: monotonic seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.opened: Counter[tuple[str, str]] = Counter()
        self._clock = clock
        self._held_until: dict[str, float] = {}

    def emit(self, event: Event) -> None:
        if event.type is EventType.NEW:
            self.opened[event.stream, event.kind] += 1
            self._held_until[event.stream] = self._clock() + HOLD_SECONDS

    def forget(self, stream: str, slot: int) -> None:
        """The stream is gone, and with it its series."""
        self.opened = Counter({key: n for key, n in self.opened.items() if key[0] != stream})
        self._held_until.pop(stream, None)

    def held(self) -> list[str]:
        """The streams whose anomaly began less than `HOLD_SECONDS` ago."""
        now = self._clock()
        self._held_until = {s: until for s, until in self._held_until.items() if until > now}
        return list(self._held_until)
