"""`streamrnn bench kinds`: whether the detector says what broke."""

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


def bench_kinds(
    data: DataFolder = DEFAULT_DATA,
    per_kind: Annotated[int, typer.Option(min=1, help="Faults of each kind.")] = 260,
    seeds: Annotated[int, typer.Option(min=1, help="Runs of each quiet sensor.")] = 3,
    json_file: JsonFile = None,
    processes: Processes = None,
) -> None:
    """Break sensors in eight ways, and see what the detector says.

    Faults of known kind are put into the unlabelled recordings, where there are
    any, and into simulated streams. The confusion matrix and more goes to
    standard output as Markdown.

    Example:  streamrnn bench kinds --data ~/data --per-kind 20
    """
    # Lazy: pandas, numba.
    from streamrnn.evaluate import kind_tables as tables
    from streamrnn.evaluate.clean_streams import QUIET_SENSORS
    from streamrnn.evaluate.datasets import UNLABELLED
    from streamrnn.evaluate.kinds import quiet, tell, trials
    from streamrnn.evaluate.parallel import in_parallel

    todo = trials(per_kind, has_real=bool(UNLABELLED.names(data / UNLABELLED.name)))
    told = with_progress(
        "faults",
        len(todo),
        functools.partial(in_parallel, functools.partial(tell, data), todo),
        processes,
    )
    sensors = [(sensor, seed) for sensor in QUIET_SENSORS for seed in range(seeds)]
    of_quiet = with_progress(
        "quiet sensors", len(sensors), functools.partial(in_parallel, quiet, sensors), processes
    )
    show([tables.confusion_table(told), tables.recall_table(told), tables.quiet_table(of_quiet)])
    write_json(json_file, tables.to_json(told, of_quiet))
