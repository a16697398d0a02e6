"""Streams of which nothing new is told for a while: snoozed, or cooling down after an anomaly."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Final

import msgspec

_NEVER: Final = (math.inf, math.inf)


class Quiet(msgspec.Struct):
    """By stream. The clock is the time of the readings: a snooze begins with the stream's next one,
    as nobody else knows what time it is there.

    spans: (from, until), seconds. snoozes: the lengths of those that have not begun.
    """

    spans: dict[str, tuple[float, float]] = msgspec.field(default_factory=dict)
    snoozes: dict[str, float] = msgspec.field(default_factory=dict)

    def snooze(self, stream: str, seconds: float) -> None:
        """In place of what there was."""
        self.spans.pop(stream, None)
        self.snoozes[stream] = seconds

    def cool_down(self, stream: str, time: float, seconds: float) -> None:
        if seconds > 0.0:
            self.spans[stream] = (time, time + seconds)

    def covers(self, stream: str, time: float) -> bool:
        """Whether the stream is quiet at the time of its latest reading."""
        if stream in self.snoozes:
            self.spans[stream] = (time, time + self.snoozes.pop(stream))
        since, until = self.spans.get(stream, _NEVER)
        # Not before `since`: a sensor's clock that was set back must not make it longer.
        return since <= time < until

    def until(self, stream: str) -> float:
        """Time up to which the stream is quiet; -inf: it is not. One whose snooze has not begun
        counts as not quiet: it begins with the next look."""
        return self.spans[stream][1] if stream in self.spans else -math.inf

    def ends(self, now: float) -> dict[str, float]:
        """When each stream is told of again; a snooze that has not begun, as if it did `now`."""
        ends = {stream: now + seconds for stream, seconds in self.snoozes.items()}
        return ends | {stream: until for stream, (_, until) in self.spans.items()}

    def forget(self, stream: str) -> None:
        self.spans.pop(stream, None)
        self.snoozes.pop(stream, None)

    def only(self, streams: Collection[str]) -> Quiet:
        """Without other streams."""
        return Quiet(
            {stream: span for stream, span in self.spans.items() if stream in streams},
            {stream: seconds for stream, seconds in self.snoozes.items() if stream in streams},
        )
