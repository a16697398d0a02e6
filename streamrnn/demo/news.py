"""What of the events is news to people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from streamrnn.demo.listener import HeardEvent
from streamrnn.records import EventType


class News:
    """Events are delivered at least once, and updates repeat what is known: news is the beginning
    of an anomaly, its end, and that it turned out to be of another kind."""

    def __init__(self) -> None:
        self._told: dict[str, tuple[EventType, str]] = {}  # by id: type and kind, as last told

    def among(self, events: Iterable[HeardEvent]) -> Iterator[HeardEvent]:
        """Those that are; they are none from then on."""
        for event in events:
            if self._is_new(event):
                self._told[event.id] = event.type, event.kind
                yield event

    def _is_new(self, event: HeardEvent) -> bool:
        if event.id not in self._told:
            return True
        type_, kind = self._told[event.id]
        if type_ is EventType.END or event.type is EventType.NEW:
            return False
        return event.type is EventType.END or event.kind != kind
