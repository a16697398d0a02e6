"""The shortest way into the compiled code, for one reading of one stream.

In a batch, what it costs to call compiled code is shared by a thousand readings; alone, a reading
would pay for it more than for being judged. So here numbers go in, numbers come out, and everything
else lies at an address.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from streamrnn.detect.table import (
    COLUMNS,
    KIND,
    LOWER_OUT,
    OUTCOME,
    SCORE_OUT,
    SLOT,
    TIME_IN,
    UPPER_OUT,
    VALUE_IN,
    YHAT_OUT,
)
from streamrnn.kernels.jit import compiled_for, short_kernel
from streamrnn.kernels.native import address_of, array_at, call_at, native_address

MOST = 1e100  # no sensor shows more; squares of it still fit
NOT_JUDGED = -1

Judged: TypeAlias = tuple[int, float, int, float, float, float]
"""outcome, score, kind, yhat, yhat_lower, yhat_upper; see `records.Decision`."""

# What lies at the address, int64 each: addresses, and the shapes that belong to them.
CODE, TABLE, NUMBERS, ROWS, SCRATCH, CAPACITY, WIDTH, ROW_WIDTH, SCRATCH_SIZE, PLACES = range(10)


class Entry(NamedTuple):
    """judge(place, value, time) is the judgement; its outcome is NOT_JUDGED, and nothing is done,
    where a number is not finite or beyond MOST, or the stream is due for a retraining."""

    judge: Callable[[float, float, float], Judged]
    place: float  # exact; an int of its size takes Python longer to hand over
    alive: tuple[NDArray[Any], ...]  # what lies at addresses, to be kept as long as `judge`


def entry(
    advance: Any,
    numbers: NDArray[np.float64],
    rows: NDArray[np.float32],
    scratch: NDArray[np.float32],
    slot: int,
) -> Entry:
    """The entry for the stream in row `slot`; the others are those of `advance`."""
    table = np.zeros((1, COLUMNS))
    table[0, SLOT] = slot
    places = np.zeros(PLACES, np.int64)
    places[CODE] = native_address(advance, numbers, rows, table[:0], 0, scratch)
    for which, array in ((TABLE, table), (NUMBERS, numbers), (ROWS, rows), (SCRATCH, scratch)):
        places[which] = address_of(array)
    places[CAPACITY], places[WIDTH] = numbers.shape
    places[ROW_WIDTH], places[SCRATCH_SIZE] = rows.shape[1], scratch.size
    place = float(address_of(places))
    judge = compiled_for(judge_one, place, math.nan, math.nan)
    return Entry(judge, place, (places, table, numbers, rows, scratch))


@short_kernel
def judge_one(place: float, value: float, time: float) -> Any:
    """See `Entry`."""
    at = array_at(int(place), PLACES, np.int64)
    table = array_at(at[TABLE], (1, COLUMNS), np.float64)
    numbers = array_at(at[NUMBERS], (at[CAPACITY], at[WIDTH]), np.float64)
    rows = array_at(at[ROWS], (at[CAPACITY], at[ROW_WIDTH]), np.float32)
    scratch = array_at(at[SCRATCH], at[SCRATCH_SIZE], np.float32)
    out = table[0]
    out[VALUE_IN], out[TIME_IN] = value, time
    if not (abs(value) <= MOST and abs(time) <= MOST):
        return NOT_JUDGED, 0.0, 0, 0.0, 0.0, 0.0
    if call_at(at[CODE], numbers, rows, table, 0, scratch) == 0:
        return NOT_JUDGED, 0.0, 0, 0.0, 0.0, 0.0
    return (
        int(out[OUTCOME]),
        out[SCORE_OUT],
        int(out[KIND]),
        out[YHAT_OUT],
        out[LOWER_OUT],
        out[UPPER_OUT],
    )
