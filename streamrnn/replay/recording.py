"""A recorded file as columns of readings: which columns become which streams."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from streamrnn.errors import InputError
from streamrnn.replay.table import import_pandas, read_table, stem
from streamrnn.replay.time_column import find_time_column, read_times

if TYPE_CHECKING:
    import pandas as pd

_BARE_COLUMN: Final = "value"


@dataclass(frozen=True, slots=True)
class Selection:
    """What to take from the files.

    time_column: None finds it. columns: empty takes every column of numbers not in `exclude`.
    stream: the name of the one stream, in place of the file's. interval: seconds between the rows
    of a file without times, the first of which is at 1970-01-01.
    """

    time_column: str | None = None
    columns: Sequence[str] = ()
    exclude: Sequence[str] = ()
    stream: str | None = None
    interval: float = 1.0


@dataclass(frozen=True, slots=True)
class Recording:
    """The readings of one file.

    streams: a name for each of the S columns. times: (rows,) seconds since 1970.
    values: (rows, S), NaN where a cell is empty. texts: columns without numbers, left out.
    """

    path: Path
    streams: list[str]
    times: NDArray[np.float64]
    values: NDArray[np.float64]
    texts: list[str]


def read_recordings(paths: Sequence[Path], selection: Selection) -> list[Recording]:
    """All files, read and checked before anything is made of any of them. Raises InputError."""
    recordings = [_read_recording(path, selection) for path in paths]
    owners: dict[str, Path] = {}
    for recording in recordings:
        for stream in recording.streams:
            owner = owners.setdefault(stream, recording.path)
            if owner is not recording.path and selection.stream is None:
                raise InputError(
                    f'{recording.path}: its stream "{stream}" is one of {owner}, too; if the one '
                    "file goes on where the other ends, name it with --stream, else rename a file"
                )
    return recordings


def _read_recording(path: Path, selection: Selection) -> Recording:
    table = read_table(path)
    time_column = selection.time_column or find_time_column(table)
    names = [str(name) for name in table.columns]
    for name in (*([time_column] if time_column else []), *selection.columns):
        if name not in names:
            raise InputError(f'{path}: has no column "{name}"; there are: {", ".join(names)}')
    if time_column is None:
        times = np.arange(len(table), dtype=np.float64) * selection.interval
    else:
        times = read_times(table, time_column, path)
    wanted = selection.columns or [
        name for name in names if name != time_column and name not in selection.exclude
    ]
    columns = {name: _numbers(table[name], name, path) for name in wanted}
    texts = [name for name, numbers in columns.items() if numbers is None]
    if selection.columns and texts:
        raise InputError(f'{path}: column "{texts[0]}" holds no numbers')
    numeric = {name: numbers for name, numbers in columns.items() if numbers is not None}
    if not numeric:
        raise InputError(
            f"{path}: has no column of numbers beside the time and what is excluded; "
            f"there are: {', '.join(names)}"
        )
    return Recording(
        path=path,
        streams=_stream_names(path, list(numeric), selection.stream),
        times=times,
        values=np.column_stack(list(numeric.values())),
        texts=texts,
    )


def _stream_names(path: Path, columns: list[str], stream: str | None) -> list[str]:
    if stream is not None:
        if len(columns) > 1:
            raise InputError(
                f"{path}: --stream names one stream, but there are {len(columns)} columns: "
                f"{', '.join(columns)}; choose one with --columns"
            )
        return [stream]
    if columns == [_BARE_COLUMN]:
        return [stem(path)]
    return [f"{stem(path)}/{column}" for column in columns]


def _numbers(cells: pd.Series[Any], column: str, path: Path) -> NDArray[np.float64] | None:
    """NaN for empty cells; None for a column of text. Raises InputError where they are mixed."""
    if cells.dtype.kind == "M":
        return None
    coerced = import_pandas().to_numeric(cells, errors="coerce")
    numbers: NDArray[np.float64] = coerced.to_numpy(np.float64, na_value=np.nan)
    bad = np.isnan(numbers) & cells.notna().to_numpy()
    if not bad.any():
        return numbers
    if np.isnan(numbers).all():
        return None
    row = int(np.flatnonzero(bad)[0])
    raise InputError(
        f'{path}: row {row + 1}, column "{column}" is "{cells.iloc[row]}": must be a number, or '
        f"empty; correct it, or leave the column out with --exclude"
    )
