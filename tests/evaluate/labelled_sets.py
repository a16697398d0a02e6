"""Small data sets in the common layout, with one obvious event each."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np

ROWS = 1_200
EVENT = (800, 829)


def write_nab(data: Path) -> None:
    """Two files of one category."""
    for name in ("a", "b"):
        x = _values(name)[:, 0]
        stamps = np.datetime64("2024-01-01T00:00:00") + np.arange(ROWS) * np.timedelta64(300, "s")
        lines = [f"{_text(t)},{v}" for t, v in zip(stamps, x, strict=True)]
        _write(data / "nab" / "plant" / f"{name}.csv.gz", ["timestamp,value", *lines])
    window = [f"{_text(stamps[row])}.000000" for row in EVENT]
    windows = {f"plant/{name}.csv": [window] for name in ("a", "b")}
    (data / "nab" / "windows.json").write_text(json.dumps(windows))


def write_skab(data: Path) -> None:
    """One experiment with two channels, an empty cell and a row without readings."""
    lines = ["timestamp,flow,current,is_changepoint,is_anomaly"]
    for row, (flow, current) in enumerate(_values("skab")):
        at = _text(np.datetime64("2024-01-01T00:00:00") + np.timedelta64(row, "s"))
        cells = {3: f"{flow},", 5: ","}.get(row, f"{flow},{current}")
        lines.append(f"{at},{cells},0,{int(EVENT[0] <= row <= EVENT[1])}")
    _write(data / "skab" / "valve.csv.gz", lines)


def write_ucr(data: Path) -> None:
    """Row numbers in place of times."""
    lines = ["timestamp,value,is_anomaly"]
    for row, (value, _) in enumerate(_values("ucr")):
        lines.append(f"{row},{value},{int(EVENT[0] <= row <= EVENT[1])}")
    _write(data / "ucr" / "001_heart.csv.gz", lines)
    (data / "ucr" / "index.csv").write_text("series,train_rows\n001_heart,500\n")


def write_unlabelled(data: Path, outage: int = 0) -> None:
    """A smooth stream every ten minutes, without an event. outage: rows that are not there, in the
    middle."""
    lines = ["timestamp,co2,is_anomaly"]
    noise = np.random.default_rng(0).normal(0.0, 5.0, 4 * ROWS)
    for row, wobble in enumerate(noise):
        if 0 <= row - 2 * ROWS < outage:
            continue
        at = _text(np.datetime64("2024-01-01T00:00:00") + np.timedelta64(600 * row, "s"))
        lines.append(f"{at},{600 + 200 * np.sin(row / 144 * 2 * np.pi) + wobble:.1f},0")
    _write(data / "unlabelled" / "office.csv.gz", lines)


def _values(name: str) -> np.ndarray:
    generator = np.random.default_rng(sum(name.encode()))
    x = np.sin(np.arange(ROWS) / 9.0)[:, None] + generator.normal(0.0, 0.1, (ROWS, 2))
    x[EVENT[0] : EVENT[1] + 1] += 6.0
    return x


def _text(stamp: np.datetime64) -> str:
    return str(stamp).replace("T", " ")


def _write(path: Path, lines: list[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt") as file:
        file.write("\n".join(lines) + "\n")
