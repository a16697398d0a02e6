"""What the page draws over time: the last quarter of an hour of all streams, in a few megabytes."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from streamrnn.service.fleet import FleetSnapshot

EVERY_SECONDS: Final = 10.0
KEPT_SECONDS: Final = 900.0
# Of a large fleet less is kept: at 10,000 streams four minutes.
_MOST_BYTES: Final = 4_000_000

Point: TypeAlias = tuple[float, float, float, float, float]
"""Unix time, value, lower and upper end of the band, score; NaN: not known then."""


class _Sample(NamedTuple):
    time: float
    names: Sequence[str]
    numbers: NDArray[np.float32]  # (streams, 4), as in a `Point`


class Trail:
    """Takes snapshots, tells points. For any number of threads."""

    def __init__(self) -> None:
        self._samples: deque[_Sample] = deque()
        self._bytes = 0
        self._lock = threading.Lock()

    def note(self, snapshot: FleetSnapshot) -> None:
        """Keep what is to be drawn of it, and forget what is too old or too much."""
        status = snapshot.status
        columns = (status.value, status.yhat_lower, status.yhat_upper, status.score)
        sample = _Sample(snapshot.time, snapshot.names, np.column_stack(columns).astype(np.float32))
        with self._lock:
            self._samples.append(sample)
            self._bytes += sample.numbers.nbytes
            while len(self._samples) > 1 and (
                self._bytes > _MOST_BYTES or self._samples[0].time < snapshot.time - KEPT_SECONDS
            ):
                self._bytes -= self._samples.popleft().numbers.nbytes

    def points(self, slot: int, name: str) -> list[Point]:
        """Of the stream that is in the slot now, oldest first. A slot may have been another's."""
        with self._lock:
            samples = tuple(self._samples)
        found = []
        for sample in samples:
            if slot < len(sample.names) and sample.names[slot] == name:
                value, lower, upper, score = sample.numbers[slot].tolist()
                found.append((sample.time, value, lower, upper, score))
        return found
