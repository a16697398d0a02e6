"""Which streams a sink is told of, by shell patterns."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from streamrnn.records import Event


class Selection:
    """patterns: `*` is any text, `/` included. One that matches is enough."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._patterns = patterns

    def has(self, stream: str) -> bool:
        return any(fnmatchcase(stream, pattern) for pattern in self._patterns)

    def concerns(self, event: Event) -> bool:
        """Any of the event's streams is among them."""
        return any(map(self.has, (event.stream, *event.also)))
