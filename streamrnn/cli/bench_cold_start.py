"""`streamrnn bench cold-start`: what the first readings of a stream are good for."""

from __future__ import annotations

import functools
from typing import Annotated

import typer

from streamrnn.cli.bench_output import JsonFile, Processes, show, with_progress, write_json


def bench_cold_start(
    seeds: Annotated[int, typer.Option(min=1, help="Streams of each character.")] = 20,
    json_file: JsonFile = None,
    processes: Processes = None,
) -> None:
    """Follow new streams through their first thousand readings.

    How much the forecast's band covers, how wide it is and what is found, against
    the readings seen; and how much it covers in the long run. On simulated clean
    streams. The tables go to standard output as Markdown.

    Example:  streamrnn bench cold-start --seeds 5
    """
    # Lazy: numba.
    from streamrnn.evaluate import cold_start_tables as tables
    from streamrnn.evaluate.clean_streams import INTERVALS, TEN_CHARACTERS
    from streamrnn.evaluate.cold_start import long_run, start
    from streamrnn.evaluate.parallel import in_parallel

    streams = [(name, seed) for name in TEN_CHARACTERS for seed in range(seeds)]
    of_streams = with_progress(
        "new streams", len(streams), functools.partial(in_parallel, start, streams), processes
    )
    starts = [one for of_stream in of_streams for one in of_stream]
    runs = [(name, interval) for interval in INTERVALS for name in TEN_CHARACTERS]
    found = with_progress(
        "long run", len(runs), functools.partial(in_parallel, long_run, runs), processes
    )
    show(
        [
            tables.start_table(starts),
            tables.character_table(starts),
            tables.long_run_table(found),
        ]
    )
    write_json(json_file, tables.to_json(starts, found))
