"""One file of the common layout: `timestamp, <channels...>, [is_changepoint,] [is_anomaly]`."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from streamrnn.errors import InputError, StreamrnnError

_TIME, _LABEL = "timestamp", "is_anomaly"
_NO_CHANNELS = (_TIME, _LABEL, "is_changepoint")


@dataclass(frozen=True, slots=True)
class LabelledTable:
    """times: (n,) seconds. values: (n, C), NaN where a cell is empty. is_anomaly: (n,)."""

    channels: list[str]
    times: NDArray[np.float64]
    values: NDArray[np.float64]
    is_anomaly: NDArray[np.bool_]


def import_pandas() -> ModuleType:
    """pandas, an optional extra."""
    try:
        import pandas
    except ImportError as error:
        raise StreamrnnError(
            "reading data sets needs pandas: pip install 'streamrnn[backtest]'"
        ) from error
    return pandas


def read_labelled(
    path: Path, columns: Sequence[str] = (), seconds_per_unit: float = 1.0
) -> LabelledTable:
    """The rows that hold any value; a file without `is_anomaly` is all normal.

    columns: the channels to take; empty takes all. seconds_per_unit: of times that are numbers;
    times of text are ISO 8601, in UTC. Raises InputError for a file that is not like that.
    """
    pandas = import_pandas()
    try:
        table = pandas.read_csv(path, usecols=[_TIME, *columns, _LABEL] if columns else None)
        channels = list(columns) or [name for name in table if name not in _NO_CHANNELS]
        values = table[channels].to_numpy(np.float64)
        if pandas.api.types.is_numeric_dtype(table[_TIME]):
            times = table[_TIME].to_numpy(np.float64) * seconds_per_unit
        else:
            stamps = pandas.to_datetime(table[_TIME], format="ISO8601", utc=True)
            times = stamps.to_numpy("datetime64[us]").astype(np.int64) / 1e6
        labels = table[_LABEL].to_numpy() if _LABEL in table else np.zeros(len(table))
    except (OSError, EOFError, zlib.error, ValueError, KeyError) as error:
        raise InputError(
            f"{path}: must be a readable CSV file with the columns timestamp, one or more of "
            f"numbers, is_anomaly: {error}"
        ) from error
    kept = np.isfinite(values).any(axis=1)
    return LabelledTable(channels, times[kept], values[kept], labels[kept] != 0)
