"""`streamrnn bench false-alarms`: false alarms against how many were allowed."""

from __future__ import annotations

import functools
from typing import Annotated

import typer

from streamrnn.cli.bench_output import (
    DEFAULT_DATA,
    DataFolder,
    JsonFile,
    Processes,
    show,
    with_progress,
    write_json,
)


def bench_false_alarms(
    data: DataFolder = DEFAULT_DATA,
    streams: Annotated[
        int, typer.Option(min=0, help="Clean streams of each character, interval and budget.")
    ] = 3,
    most_readings: Annotated[
        int,
        typer.Option(
            min=1_000, help="Readings of a clean stream at most. 8 million take 1.3 GB a process."
        ),
    ] = 8_000_000,
    json_file: JsonFile = None,
    processes: Processes = None,
) -> None:
    """Count false alarms, and compare with how many are allowed.

    On simulated clean streams of ten characters at four intervals, and in the
    label-free stretches of recordings. The tables go to standard output as Markdown.

    Example:  streamrnn bench false-alarms --data ~/data --streams 1
    """
    # Lazy: pandas, numba.
    from streamrnn.evaluate import false_alarm_tables as tables
    from streamrnn.evaluate.false_alarms import (
        clean_cells,
        count_clean,
        count_recorded,
        recorded_cells,
    )
    from streamrnn.evaluate.parallel import in_parallel

    simulated, recorded = clean_cells(streams, most_readings), recorded_cells(data)
    of_recorded = with_progress(
        "recordings",
        len(recorded),
        functools.partial(in_parallel, functools.partial(count_recorded, data), recorded),
        processes,
    )
    of_simulated = with_progress(
        "clean streams",
        len(simulated),
        functools.partial(in_parallel, count_clean, simulated),
        processes,
    )
    found = [tables.recorded_table(of_recorded)]
    show(tables.clean_tables(of_simulated) + found if of_simulated else found)
    write_json(json_file, {"cells": tables.to_json(of_simulated + of_recorded)})
