"""Streams that are gone, and whose retained state the broker has still to take back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

MOST: Final = 10_000
"""Beyond it the oldest is left to the broker: nobody takes anything back for hours."""


class Withdrawals:
    """Names, the oldest first. Part of the state, as an end of ours must not leave ghosts."""

    def __init__(self, streams: Iterable[str] = ()) -> None:
        self._streams = dict.fromkeys(streams)
        self.given_up = 0

    def __contains__(self, stream: str) -> bool:
        return stream in self._streams

    def __len__(self) -> int:
        return len(self._streams)

    def add(self, stream: str) -> None:
        self._streams[stream] = None
        while len(self._streams) > MOST:
            del self._streams[next(iter(self._streams))]
            self.given_up += 1

    def discard(self, stream: str) -> None:
        """The broker has taken it back, or the stream is there again."""
        self._streams.pop(stream, None)

    def to_state(self) -> list[str]:
        """Fit for JSON."""
        return list(self._streams)
