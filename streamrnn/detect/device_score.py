"""The score of a device of several streams: whether they are odd together, and for longer.

    now     = sqrt(mean over the streams of min(score, DEVICE_REACH)^2)
    of late = its mean over DEVICE_SPAN readings of each stream

Noise makes one stream odd now and then, but not all of them for long: averaged twice, the noise is
so small that half of what is anomalous in one stream says enough.
"""

from __future__ import annotations

import math
from typing import Any

from streamrnn.detect.layout import (
    HELD_SCORE,
    SCORE_OF_LATE,
    SCORE_SQUARE,
    SCORE_SQUARES,
    STREAMS,
)
from streamrnn.detect.recipe import (
    DEVICE_ENOUGH,
    DEVICE_ODD,
    DEVICE_REACH,
    DEVICE_SPAN,
    REHEARSAL,
    SHARE,
)
from streamrnn.detect.timing import experience
from streamrnn.kernels.jit import inline_kernel


@inline_kernel
def follow_device_score(n: Any, d: Any, elapsed: float) -> Any:
    """The device's score now, with the one of this reading's stream.

    n: numbers of the stream; d: of the stream that keeps those of the device. elapsed: usual
    intervals since the reading before.
    """
    square = min(n[HELD_SCORE], DEVICE_REACH) ** 2
    d[SCORE_SQUARES] = max(d[SCORE_SQUARES] + square - n[SCORE_SQUARE], square)
    n[SCORE_SQUARE] = square
    now = math.sqrt(d[SCORE_SQUARES] / d[STREAMS])
    weight = min(2.0 / (DEVICE_SPAN + 1.0) * elapsed / d[STREAMS], 1.0)
    d[SCORE_OF_LATE] += weight * (now - d[SCORE_OF_LATE])
    return now


@inline_kernel
def has_been_odd(d: Any, threshold: float) -> Any:
    """Whether the device's score of late is enough."""
    return d[SCORE_OF_LATE] >= DEVICE_ENOUGH * threshold


@inline_kernel
def are_odd_together(n: Any, d: Any, now: float, threshold: float) -> Any:
    """Whether the device's score has risen high enough to call, and this stream has a share in it
    and is past its first REHEARSAL readings, in which much is new; now: as of
    `follow_device_score`."""
    is_rising = now >= d[SCORE_OF_LATE]
    has_share = n[SCORE_SQUARE] >= (SHARE * now) ** 2 and experience(n) >= REHEARSAL
    return has_been_odd(d, threshold) and is_rising and has_share


@inline_kernel
def is_believed(n: Any, d: Any, threshold: float) -> Any:
    """Whether an alarm of this stream may call: it is alone, or far off, or the device is odd."""
    least = min(threshold, 1.0)
    is_odd = d[SCORE_OF_LATE] >= DEVICE_ODD * least
    return d[STREAMS] <= 1.0 or n[HELD_SCORE] >= least or is_odd
