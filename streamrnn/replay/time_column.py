"""Where the time of a row is, and how it is written.

By name: `timestamp`, `time`, `ts`, `datetime`, `date`, in this order and any case; else the first
column of text in which the first row is an ISO 8601 time. Its cells are

    ISO 8601    without a zone: UTC
    numbers     unix time in seconds, milliseconds, microseconds or nanoseconds, told apart by the
                size of the first; small numbers are seconds since any start
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from streamrnn.errors import InputError
from streamrnn.replay.table import import_pandas

if TYPE_CHECKING:
    import pandas as pd

_NAMES: Final = ("timestamp", "time", "ts", "datetime", "date")
# From each of these on, a number in the finer unit is meant: it would be the year 5138.
_UNITS_PER_SECOND: Final = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3))


def find_time_column(table: pd.DataFrame) -> str | None:
    """The column that holds the time of each row; None: the table has none."""
    by_lower_name = {name.lower(): name for name in reversed(table.columns)}
    for name in _NAMES:
        if name in by_lower_name:
            return by_lower_name[name]
    for name in table.columns:
        if table[name].dtype.kind == "M" or _is_iso_text(table[name].iloc[0]):
            return str(name)
    return None


def read_times(table: pd.DataFrame, column: str, path: Path) -> NDArray[np.float64]:
    """Seconds since 1970-01-01 UTC, one per row. Raises InputError."""
    cells = table[column]
    if cells.dtype.kind in "iuf":
        times = _from_numbers(cells.to_numpy(np.float64))
    else:
        times = _from_text(cells)
    bad = np.flatnonzero(~np.isfinite(times))
    if bad.size:
        row = int(bad[0])
        cell = cells.iloc[row]
        shown = "empty" if cell != cell or cell is None else f'"{cell}"'
        raise InputError(
            f'{path}: row {row + 1}, column "{column}" is {shown}: must be a time, in ISO 8601 '
            "such as 2024-05-01T12:00:00Z or unix time as a number"
        )
    return times


def _is_iso_text(cell: object) -> bool:
    if not isinstance(cell, str) or cell.isdigit():
        return False
    return bool(np.isfinite(_from_text(import_pandas().Series([cell]))[0]))


def _from_numbers(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    known = numbers[np.isfinite(numbers)]
    first = abs(float(known[0])) if known.size else 0.0
    for start, units in _UNITS_PER_SECOND:
        if first >= start:
            return numbers / units
    return numbers


def _from_text(cells: pd.Series[Any]) -> NDArray[np.float64]:
    """NaN where a cell is no time."""
    pandas = import_pandas()
    stamps = pandas.to_datetime(cells, utc=True, format="ISO8601", errors="coerce")
    # Whole microseconds over a million is the nearest float, as the daemon gets from a message.
    microseconds = stamps.to_numpy("datetime64[us]")
    seconds: NDArray[np.float64] = microseconds.astype(np.int64) / 1e6
    seconds[np.isnat(microseconds)] = np.nan
    return seconds
