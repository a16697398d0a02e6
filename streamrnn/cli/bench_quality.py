"""`streamrnn bench quality`: detection quality on labelled data sets."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from streamrnn import __version__
from streamrnn.errors import InputError

if TYPE_CHECKING:
    from streamrnn.evaluate.protocol import SeriesResult
    from streamrnn.evaluate.run import Pass


def bench_quality(
    data: Annotated[
        Path,
        typer.Option(
            envvar="STREAMRNN_DATA", help="Folder with one folder per set; see docs/quality.md."
        ),
    ] = Path("../shared/data"),
    data_set: Annotated[
        str, typer.Option("--set", help="Sets to measure, separated by commas. Default: all there.")
    ] = "",
    seeds: Annotated[int, typer.Option(min=1, help="Runs of whatever is random.")] = 5,
    detector: Annotated[
        str, typer.Option(help="Detectors to measure; baselines: all but our own.")
    ] = "streamrnn,baselines",
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Also write the figures here, for programs.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="Also write the tables here, as one HTML page.")
    ] = None,
    processes: Annotated[
        int | None, typer.Option(min=1, help="How many at once. Default: one per core.")
    ] = None,
) -> None:
    """Measure detection quality on labelled data, next to baselines.

    One pass over every series, with the settings as shipped. The tables go to
    standard output as Markdown.

    Example:  streamrnn bench quality --data ~/data --set nab,skab --seeds 3
    """
    # Lazy: pandas, numba.
    from streamrnn.evaluate.datasets import data_sets_in
    from streamrnn.evaluate.detectors import choose, is_available
    from streamrnn.evaluate.figures import summarise, to_json
    from streamrnn.evaluate.run import passes
    from streamrnn.evaluate.tables import html_page, markdown, tables

    begun = time.monotonic()
    chosen = choose(_names(detector))
    available = [one for one in chosen if is_available(one)]
    todo = passes(data_sets_in(data, _names(data_set)), available, seeds)
    results = _run(data, todo, processes or len(os.sched_getaffinity(0)))
    figures = summarise(results)
    found = tables(
        figures,
        [one.name for one in chosen],
        absent=[one.name for one in chosen if one not in available],
    )
    sys.stdout.write(markdown(found))
    if json_file:
        content = {"version": __version__, "seeds": seeds, **to_json(figures, results)}
        _write(json_file, json.dumps(content, indent=1, allow_nan=False) + "\n")
    if report:
        _write(report, html_page(found, f"streamrnn {__version__}: detection quality"))
    series = len({(result.data_set, result.series) for result in results})
    sys.stderr.write(
        f"{len(results):,} passes over {series:,} series in {time.monotonic() - begun:.0f} s\n"
    )


def _names(listed: str) -> list[str]:
    return [name.strip() for name in listed.split(",") if name.strip()]


def _run(data: Path, todo: list[Pass], processes: int) -> list[SeriesResult]:
    """With a progress bar where somebody watches."""
    from rich.console import Console
    from rich.progress import Progress

    from streamrnn.evaluate.run import run

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("bench quality", total=len(todo))
        return run(data, todo, processes, done=lambda: progress.advance(bar))


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from error
