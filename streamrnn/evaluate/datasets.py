"""The seven labelled data sets, and recordings without labels: which series each has, and how to
read one.

docs/quality.md says where they come from and how they must lie in their folder.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from streamrnn.errors import InputError
from streamrnn.evaluate.labelled_table import LabelledTable, import_pandas, read_labelled
from streamrnn.evaluate.nab import probation
from streamrnn.evaluate.series import Series, runs

# Rows at the start of a series that are learned from and not scored.
_SHORT_PREFIX = 400
_GECCO_PREFIX = 16_165

# Series without times get rows of this length, in seconds.
_UCR_INTERVAL = 1.0
_MSL_INTERVAL = 60.0

_SUFFIX = ".csv.gz"


@dataclass(frozen=True, slots=True)
class DataSet:
    """names: the series found in the set's folder. read: one of them."""

    name: str
    names: Callable[[Path], list[str]]
    read: Callable[[Path, str], Series]


def data_sets_in(data: Path, wanted: Sequence[str] = ()) -> dict[str, list[str]]:
    """The names of the series of each set, of all sets that lie in the folder `data` or of the
    wanted ones. Raises InputError for an unknown or missing set."""
    unknown = [name for name in wanted if name not in DATA_SETS]
    if unknown:
        raise InputError(f'no data set "{unknown[0]}": there are {", ".join(DATA_SETS)}')
    chosen = wanted or [name for name in DATA_SETS if (data / name).is_dir()]
    if not chosen:
        raise InputError(
            f"{data}: holds none of the folders {', '.join(DATA_SETS)}; name the folder with "
            "--data or $STREAMRNN_DATA; docs/quality.md says where the data comes from"
        )
    found = {}
    for name in chosen:
        found[name] = DATA_SETS[name].names(data / name) if (data / name).is_dir() else []
        if not found[name]:
            raise InputError(
                f"{data / name}: holds no series; docs/quality.md says how they must lie there"
            )
    return found


def read_series(data: Path, data_set: str, name: str) -> Series:
    """Of one of DATA_SETS, or of UNLABELLED."""
    known = UNLABELLED if data_set == UNLABELLED.name else DATA_SETS[data_set]
    return known.read(data / data_set, name)


def _file_names(folder: Path) -> list[str]:
    return sorted(path.name.removesuffix(_SUFFIX) for path in folder.glob(f"*{_SUFFIX}"))


def _nab_names(folder: Path) -> list[str]:
    files = folder.glob(f"*/*{_SUFFIX}")
    return sorted(str(path.relative_to(folder)).removesuffix(_SUFFIX) for path in files)


def _read_nab(folder: Path, name: str) -> Series:
    """Windows are given by their first and last time."""
    table = read_labelled(folder / f"{name}{_SUFFIX}")
    windows = _read_windows(folder / "windows.json", f"{name}.csv")
    events = []
    for first, last in windows:
        rows = np.flatnonzero((table.times >= first) & (table.times <= last))
        events.append((int(rows[0]), int(rows[-1])))
    return Series(
        name=name,
        channels=table.channels,
        times=table.times,
        values=table.values,
        events=np.array(events, np.int64).reshape(-1, 2),
        start=probation(len(table.times)),
        has_clock=True,
    )


def _read_windows(path: Path, file: str) -> list[list[float]]:
    try:
        windows = json.loads(path.read_text())[file]
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{path}: must be NAB's windows, with an entry for {file}") from error
    pandas = import_pandas()
    return [[pandas.Timestamp(time, tz="UTC").timestamp() for time in window] for window in windows]


def _read_with_prefix(prefix: int) -> Callable[[Path, str], Series]:
    def read(folder: Path, name: str) -> Series:
        return _series(name, read_labelled(folder / f"{name}{_SUFFIX}"), prefix, has_clock=True)

    return read


def _read_ucr(folder: Path, name: str) -> Series:
    table = read_labelled(folder / f"{name}{_SUFFIX}", seconds_per_unit=_UCR_INTERVAL)
    return _series(name, table, _train_rows(folder, name), has_clock=False)


def _read_msl(folder: Path, name: str) -> Series:
    """The telemetry alone: the other columns are commands that the spacecraft was given."""
    path = folder / f"{name}{_SUFFIX}"
    table = read_labelled(path, columns=["telemetry"], seconds_per_unit=_MSL_INTERVAL)
    return _series(name, table, _train_rows(folder, name), has_clock=False)


def _train_rows(folder: Path, name: str) -> int:
    path = folder / "index.csv"
    try:
        with path.open(newline="") as file:
            rows = {row["series"]: int(row["train_rows"]) for row in csv.DictReader(file)}
        return rows[name]
    except (OSError, ValueError, KeyError) as error:
        raise InputError(
            f"{path}: must have columns series and train_rows, with a row for {name}"
        ) from error


def _batadal_names(folder: Path) -> list[str]:
    return ["batadal"] if any(folder.glob(f"batadal_train*{_SUFFIX}")) else []


def _read_batadal(folder: Path, name: str) -> Series:
    """A year without attacks, then the months with them."""
    normal = read_labelled(folder / f"batadal_train1_normal{_SUFFIX}")
    attacks = read_labelled(folder / f"batadal_train2_attacks{_SUFFIX}")
    both = LabelledTable(
        channels=normal.channels,
        times=np.concatenate([normal.times, attacks.times]),
        values=np.concatenate([normal.values, attacks.values]),
        is_anomaly=np.concatenate([normal.is_anomaly, attacks.is_anomaly]),
    )
    return _series(name, both, len(normal.times), has_clock=True)


def _series(name: str, table: LabelledTable, start: int, has_clock: bool) -> Series:
    return Series(
        name=name,
        channels=table.channels,
        times=table.times,
        values=table.values,
        events=runs(table.is_anomaly),
        start=start,
        has_clock=has_clock,
    )


DATA_SETS = {
    data_set.name: data_set
    for data_set in (
        DataSet("nab", _nab_names, _read_nab),
        DataSet("skab", _file_names, _read_with_prefix(_SHORT_PREFIX)),
        DataSet("ucr", _file_names, _read_ucr),
        DataSet("gecco", _file_names, _read_with_prefix(_GECCO_PREFIX)),
        DataSet("nasa_msl", _file_names, _read_msl),
        DataSet("wsn", _file_names, _read_with_prefix(_SHORT_PREFIX)),
        DataSet("batadal", _batadal_names, _read_batadal),
    )
}

# Real recordings in which nothing is labelled; not measured by what a detector finds in them.
UNLABELLED = DataSet("unlabelled", _file_names, _read_with_prefix(0))
