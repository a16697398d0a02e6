"""The figures as a table for people and as JSON for programs."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numba
import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.figure import Figure
from streamrnn import __version__


def machine() -> dict[str, Any]:
    """What the figures depend on."""
    return {
        "streamrnn": __version__,
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "numba": numba.__version__,
        "numpy": np.__version__,
    }


def show(figures: Sequence[Figure], made_on: dict[str, Any], console: Console) -> None:
    table = Table(title=", ".join(f"{name} {value}" for name, value in made_on.items()))
    for heading in ("figure", "measured", "goal", "", "note"):
        table.add_column(heading, justify="right" if heading == "measured" else "left")
    previous = ""
    for figure in figures:
        if figure.group != previous:
            table.add_section()
            table.add_row(f"[bold]{figure.command}[/bold]")
            previous = figure.group
        goal = "" if figure.goal is None else str(figure.goal)
        table.add_row(f"  {figure.name}", figure.shown, goal, figure.verdict, figure.note)
    console.print(table)


def write_json(figures: Sequence[Figure], made_on: dict[str, Any], file: Path) -> None:
    rows = [
        msgspec.to_builtins(figure) | {"verdict": figure.verdict, "command": figure.command}
        for figure in figures
    ]
    document = {"machine": made_on, "figures": rows}
    file.write_bytes(msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n")


def _processor() -> str:
    """The model as Linux names it; arm64 kernels name none."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.processor() or "unknown"
