"""`streamrnn bench quality`: detection quality on labelled data sets."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from streamrnn import __version__
from streamrnn.cli.bench_output import (
    DEFAULT_DATA,
    DataFolder,
    JsonFile,
    Processes,
    show,
    with_progress,
    write,
    write_json,
)


def bench_quality(
    data: DataFolder = DEFAULT_DATA,
    data_set: Annotated[
        str, typer.Option("--set", help="Sets to measure, separated by commas. Default: all there.")
    ] = "",
    seeds: Annotated[int, typer.Option(min=1, help="Runs of whatever is random.")] = 5,
    detector: Annotated[
        str, typer.Option(help="Detectors to measure; baselines: all but our own.")
    ] = "streamrnn,baselines",
    begin_later: Annotated[
        bool,
        typer.Option(
            help="Seed s also leaves out the first s rows of every series: how much of a figure "
            "is luck."
        ),
    ] = False,
    json_file: JsonFile = None,
    report: Annotated[
        Path | None, typer.Option(help="Also write tables and pictures here, as one HTML page.")
    ] = None,
    processes: Processes = None,
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
    from streamrnn.evaluate.pictures import pictures
    from streamrnn.evaluate.run import passes, run
    from streamrnn.evaluate.table import html_page
    from streamrnn.evaluate.tables import tables

    begun = time.monotonic()
    chosen = choose(_names(detector))
    available = [one for one in chosen if is_available(one)]
    sets = data_sets_in(data, _names(data_set))
    todo = passes(sets, available, seeds, begin_later=begin_later)
    results = with_progress(
        "bench quality", len(todo), lambda count, done: run(data, todo, count, done), processes
    )
    figures = summarise(results)
    found = tables(
        figures,
        [one.name for one in chosen],
        absent=[one.name for one in chosen if one not in available],
    )
    show(found)
    write_json(json_file, {"seeds": seeds, "begin_later": begin_later, **to_json(figures, results)})
    if report:
        heading = f"streamrnn {__version__}: detection quality"
        drawn = pictures(figures, [one.name for one in available])
        write(report, html_page(found, heading, drawn))
    series = len({(result.data_set, result.series) for result in results})
    sys.stderr.write(
        f"{len(results):,} passes over {series:,} series in {time.monotonic() - begun:.0f} s\n"
    )


def _names(listed: str) -> list[str]:
    return [name.strip() for name in listed.split(",") if name.strip()]
