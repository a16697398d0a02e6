"""`streamrnn demo`: the daemon at work on a simulated plant."""

from __future__ import annotations

from typing import Annotated

import typer


def demo(
    minutes: Annotated[float, typer.Option(help="How long to run.")] = 3.0,
    speed: Annotated[float, typer.Option(help="Seconds of the plant per second.")] = 1200.0,
    seed: Annotated[int, typer.Option(help="Of the plant and its faults.")] = 1,
) -> None:
    """Watch the daemon find the faults of a simulated plant, over an embedded broker.

    Needs no broker and leaves nothing behind. Ctrl-C ends it.

    Example:  streamrnn demo --minutes 5
    """
    # Lazy: numpy, numba.
    from streamrnn.demo import run_demo

    raise typer.Exit(run_demo(minutes=minutes, speed=speed, seed=seed))
