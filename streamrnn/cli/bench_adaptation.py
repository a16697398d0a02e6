"""`streamrnn bench adaptation`: slow faults, new normals, and recoveries."""

from __future__ import annotations

import functools
from typing import Annotated

import typer

from streamrnn.cli.bench_output import JsonFile, Processes, show, with_progress, write_json


def bench_adaptation(
    seeds: Annotated[int, typer.Option(min=1, help="Runs of each stream.")] = 10,
    json_file: JsonFile = None,
    processes: Processes = None,
) -> None:
    """See what is learned as normal, and what is not.

    A ramp as slow as the retraining, a shift that stays, and a fault that ends, in
    simulated streams. The tables go to standard output as Markdown.

    Example:  streamrnn bench adaptation --seeds 3
    """
    # Lazy: numba.
    from streamrnn.evaluate import adaptation_tables as tables
    from streamrnn.evaluate.adaptation import CURVES, ramp, recovery, shift
    from streamrnn.evaluate.parallel import in_parallel

    jobs = [(name, seed) for name in CURVES for seed in range(seeds)]
    ramps = with_progress(
        "slow ramps", len(jobs), functools.partial(in_parallel, ramp, jobs), processes
    )
    shifts = with_progress(
        "shifts", len(jobs), functools.partial(in_parallel, shift, jobs), processes
    )
    recoveries = with_progress(
        "recoveries", len(jobs), functools.partial(in_parallel, recovery, jobs), processes
    )
    show(
        [
            tables.ramp_table(ramps),
            tables.shift_table(shifts),
            tables.recovery_table(recoveries),
        ]
    )
    write_json(json_file, tables.to_json(ramps, shifts, recoveries))
