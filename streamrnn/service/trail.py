"""What the page draws over time: the last quarter of an hour of all streams, in a few megabytes."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping, Sequence
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
    places: Mapping[str, int]  # of the streams in the rows; one object for as long as they stay
    numbers: NDArray[np.float32]  # (streams, 4), as in a `Point`


class Trail:
    """Takes snapshots, tells points. For any number of threads."""

    def __init__(self) -> None:
        self._samples: deque[_Sample] = deque()
        self._names: Sequence[str] = ()
        self._places: Mapping[str, int] = {}
        self._lock = threading.Lock()

    def note(self, snapshot: FleetSnapshot) -> None:
        """Keep what is to be drawn of it, and forget what is too old or too much."""
        status = snapshot.status
        columns = (status.value, status.yhat_lower, status.yhat_upper, status.score)
        numbers = np.column_stack(columns).astype(np.float32)
        with self._lock:
            if snapshot.names != self._names:
                self._names = snapshot.names
                self._places = {name: place for place, name in enumerate(snapshot.names)}
            self._samples.append(_Sample(snapshot.time, self._places, numbers))
            while len(self._samples) > 1 and (
                self._samples[0].time < snapshot.time - KEPT_SECONDS
                or sum(sample.numbers.nbytes for sample in self._samples) > _MOST_BYTES
            ):
                self._samples.popleft()

    def points(self, name: str) -> list[Point]:
        """Of one stream, oldest first."""
        with self._lock:
            samples = tuple(self._samples)
        found = []
        for sample in samples:
            place = sample.places.get(name)
            if place is not None:
                value, lower, upper, score = sample.numbers[place].tolist()
                found.append((sample.time, value, lower, upper, score))
        return found
