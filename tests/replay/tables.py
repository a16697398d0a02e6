"""Recorded files for the tests of this folder."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pandas as pd

START = 1_700_000_000


def write_csv(path: Path, text: str) -> Path:
    """`text` without its indentation, as a file."""
    lines = "\n".join(line.strip() for line in text.strip().splitlines()) + "\n"
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(lines.encode()))
    else:
        path.write_text(lines)
    return path


def plant(rows: int = 600) -> pd.DataFrame:
    """Two streams a minute apart, noise on a wave; `power` jumps after two thirds."""
    random = np.random.default_rng(1)
    row = np.arange(rows)
    wave = np.sin(row / 20.0) + 0.05 * random.standard_normal((2, rows))
    power = wave[0] + 6.0 * ((row > rows * 2 // 3) & (row < rows * 2 // 3 + 20))
    return pd.DataFrame({"ts": START + 60 * row, "power": power, "flow": wave[1]})
