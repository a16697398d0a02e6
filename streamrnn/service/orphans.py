"""Anomalies that were told, but that the state of before the crash knows nothing of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from streamrnn.detect.events import EventTracker
from streamrnn.records import Event, EventType, Readings


class Orphans:
    """Sees to it that everything that was told to begin is also told to end.

    After a crash the state is that of the last checkpoint; the outbox, which is on disk before
    anybody is told anything, knows of anomalies that were opened since. When the broker sends the
    readings again, the tracker opens the same anomaly again, under the same id, and all is well.
    Where it does not, since they were acknowledged (relaxed) or its session was lost, the next
    reading of the stream ends the anomaly here.
    """

    def __init__(self, told: Iterable[Event], tracker: EventTracker) -> None:
        """told: the last event of each open anomaly. tracker: as restored."""
        followed = {event.id for event in tracker.open_events()}
        self._by_stream = {event.stream: event for event in told if event.id not in followed}

    def __len__(self) -> int:
        return len(self._by_stream)

    def give_up(self, stream: str, time: float) -> Event | None:
        """The end that is due as the stream makes room for another one."""
        orphan = self._by_stream.pop(stream, None)
        return None if orphan is None else _end(orphan, orphan.value, max(time, orphan.time))

    def ends(self, readings: Readings, applied: Sequence[bool], events: list[Event]) -> list[Event]:
        """The ends that are due after a batch. applied: whether each reading was. events: what
        followed from the batch."""
        orphans = self._by_stream
        for event in events:
            orphan = orphans.get(event.stream)
            if orphan is not None and orphan.id == event.id:
                del orphans[event.stream]
        ends = []
        for stream, value, time, counts in zip(*readings, applied, strict=True):
            orphan = orphans.get(stream)
            if orphan is not None and counts and time > orphan.since:
                ends.append(_end(orphan, value, max(time, orphan.time)))
                del orphans[stream]
        return ends


def _end(orphan: Event, value: float, time: float) -> Event:
    return msgspec.structs.replace(
        orphan,
        type=EventType.END,
        time=time,
        value=value,
        score=0.0,
        yhat=None,
        yhat_lower=None,
        yhat_upper=None,
        message=f"{orphan.stream} is {value:g}: this anomaly is no longer followed, as streamrnn "
        "was interrupted before it had saved it. If it lasts, it will be told anew.",
    )
