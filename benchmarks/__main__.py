"""python -m benchmarks: measure, show, and write down."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks import calls, daemon, detector, footprint, ingest, kernels
from benchmarks.figure import Figure
from benchmarks.report import machine, show, write_json

_MEASURE: dict[str, Callable[[], Iterator[Figure]]] = {
    "kernels": kernels.measure,
    "ingest": ingest.measure,
    "detector": detector.measure,
    "calls": calls.measure,
    "daemon": daemon.measure,
    "footprint": footprint.measure,
}
Group = StrEnum("Group", list(_MEASURE))  # type: ignore[misc]  # typer wants an enum


def main(
    only: Annotated[
        list[Group] | None, typer.Option(help="Measure this group. May be repeated.")
    ] = None,
    json: Annotated[Path | None, typer.Option(metavar="FILE", help="Write figures there.")] = None,
) -> None:
    """Measure speed, memory and start-up. Takes some five minutes, less with --only."""
    console = Console(stderr=True)
    figures: list[Figure] = []
    with console.status("") as status:
        for group in only or list(Group):
            status.update(f"{group} ...")
            for figure in _MEASURE[group]():
                figures.append(figure)
                console.print(figure.line, highlight=False, soft_wrap=True)
                status.update(f"{group}: {figure.name} done ...")
    show(figures, machine(), Console())
    if json is not None:
        write_json(figures, machine(), json)


if __name__ == "__main__":
    typer.run(main)
