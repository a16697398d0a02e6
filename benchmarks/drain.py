"""How fast somebody works off a queue, from a few looks at how far he is."""

from __future__ import annotations

from collections.abc import Sequence

Sample = tuple[float, int]
"""Unix time, and how many were done by then."""


def seconds_each(samples: Sequence[Sample], count: int) -> float:
    """Seconds per item between the first and the last sample in full flow: after the start, before
    the last of `count` items. ValueError when there are no two such samples."""
    flowing = [sample for sample in samples if 0 < sample[1] < count]
    if len(flowing) < 2 or flowing[-1][1] == flowing[0][1]:
        raise ValueError(f"{count} readings were gone too soon to time them: take more")
    (begun, first), (ended, last) = flowing[0], flowing[-1]
    return (ended - begun) / (last - first)
