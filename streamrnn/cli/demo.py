"""`streamrnn demo`: the daemon at work on a simulated plant."""

from __future__ import annotations

from typing import Annotated

import typer

from streamrnn.cli.settings import listening_to, load_settings


def demo(
    minutes: Annotated[float, typer.Option(help="How long to run.")] = 3.0,
    speed: Annotated[float, typer.Option(help="Seconds of the plant per second.")] = 1200.0,
    seed: Annotated[int, typer.Option(help="Of the plant and its faults.")] = 1,
    broker: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Only publish the plant to this broker, for a daemon of your own.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Watch the daemon find the faults of a simulated plant, over an embedded broker.

    Needs no broker and leaves nothing behind. Ctrl-C ends it.

    Example:  streamrnn demo --minutes 5
    """
    # Lazy: numpy, numba.
    from streamrnn.demo import feed_plant, run_demo

    if broker is not None:
        feed_plant(
            load_settings(None, listening_to(broker, None)).mqtt,
            minutes=minutes,
            speed=speed,
            seed=seed,
        )
        return
    raise typer.Exit(run_demo(minutes=minutes, speed=speed, seed=seed))
