"""CSV and Parquet files as pandas tables; whatever is wrong with a file is an InputError."""

from __future__ import annotations

import csv
import re
import sys
import warnings
import zlib
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from streamrnn.errors import InputError, StreamrnnError

if TYPE_CHECKING:
    import pandas as pd

_CSV: Final = (".csv", ".csv.gz")
_PARQUET: Final = (".parquet",)
_SEPARATORS: Final = ",;\t"
_QUOTED: Final = re.compile(r'"[^"]*"')


def import_pandas() -> ModuleType:
    """pandas, which is 0.7 s of imports and an optional extra."""
    try:
        import pandas
        import pyarrow  # noqa: F401  pandas asks for it only when it meets a Parquet file
    except ImportError as error:
        raise StreamrnnError(
            "reading recorded files needs pandas and pyarrow: "
            f"{sys.executable} -m pip install 'streamrnn[backtest]'"
        ) from error
    return pandas


def stem(path: Path) -> str:
    """The file's name without its format: `plant.csv.gz` is `plant`."""
    for suffix in (*_CSV, *_PARQUET):
        if path.name.lower().endswith(suffix):
            return path.name[: -len(suffix)]
    return path.name


def read_table(path: Path) -> pd.DataFrame:
    """The rows of a file, columns named by text; numbered from 0 whatever index it carries.

    Raises InputError for a file that cannot be read, or has no rows or no header.
    """
    name = path.name.lower()
    if not name.endswith((*_CSV, *_PARQUET)):
        raise InputError(f"{path}: must be a .csv, .csv.gz or .parquet file")
    try:
        table: pd.DataFrame = _read_parquet(path) if name.endswith(_PARQUET) else _read_csv(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: must be UTF-8; byte {error.start} is not") from error
    except (EOFError, zlib.error) as error:
        raise InputError(f"{path}: the compressed data is cut off or damaged: {error}") from error
    except ValueError as error:  # pandas' and pyarrow's parsing errors, too
        raise InputError(f"{path}: cannot be read as a table: {_first_line(error)}") from error
    if table.empty:
        raise InputError(f"{path}: has no rows")
    return table


def _read_csv(path: Path) -> Any:
    pandas = import_pandas()
    header = pandas.read_csv(
        path,
        header=None,
        nrows=1,
        sep="\0",  # in no text: the line as a whole
        dtype=str,
        encoding="utf-8-sig",
        engine="python",
        quoting=csv.QUOTE_NONE,
    )
    line = str(header.iloc[0, 0])
    separator = max(_SEPARATORS, key=_QUOTED.sub("", line).count)
    names = [name.strip(' "') for name in line.split(separator)]
    if all(_looks_like_data(name) for name in names):
        raise InputError(f'{path}: the first line must name the columns; it is "{line[:80]}"')
    with warnings.catch_warnings():
        # pandas would warn, and cut off what is beyond the last column
        warnings.simplefilter("error", pandas.errors.ParserWarning)
        try:
            table = pandas.read_csv(
                path,
                sep=separator,
                encoding="utf-8-sig",
                skipinitialspace=True,
                index_col=False,
                low_memory=False,
            )
        except pandas.errors.ParserWarning as error:
            raise InputError(
                f"{path}: its rows have more cells than the first line, which names "
                f"{len(names)} columns: {', '.join(names)}"
            ) from error
    return table.rename(columns=str.strip)


def _read_parquet(path: Path) -> Any:
    table = import_pandas().read_parquet(path)
    if table.index.name is not None or table.index.dtype.kind == "M":
        table = table.reset_index()
    table.columns = [str(name) for name in table.columns]
    return table.reset_index(drop=True)


def _looks_like_data(name: str) -> bool:
    return bool(name) and not any(letter.isalpha() for letter in name.replace("T", ""))


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
