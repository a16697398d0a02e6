"""`streamrnn events`: what the daemon has reported, from its local history."""

from __future__ import annotations

import os
import sys
import time
from typing import Annotated

import typer

from streamrnn.cli.anomalies import AnomalyTable
from streamrnn.cli.settings import ConfigOption, load_settings
from streamrnn.config.duration import parse_duration


def events(
    config: ConfigOption = None,
    since: Annotated[
        str, typer.Option(metavar="TIME", help="How far back, such as 12h or 30d.")
    ] = "7d",
    stream: Annotated[
        str, typer.Option(metavar="PATTERN", help="Streams, as a shell pattern.")
    ] = "*",
    json: Annotated[bool, typer.Option("--json", help="One JSON object per event.")] = False,
) -> None:
    """Show the anomalies of the last days: one row each, those still open in red.

    Reads the history that the daemon keeps beside its state; run it on the same machine and with
    the same settings file.

    Example:  streamrnn events --since 24h --stream '*freezer/*'
    """
    from streamrnn.config.state_directory import state_directory
    from streamrnn.service.sinks import event_json
    from streamrnn.service.sinks.history import FILE_NAME, read_events
    from streamrnn.service.sinks.selection import Selection

    begin = time.time() - _seconds(since)
    path = state_directory(load_settings(config).state, os.environ) / FILE_NAME
    found = read_events(path, since=begin, selection=Selection([stream]))
    if json:
        for event in found:
            typer.echo(event_json(event))
        return
    table = AnomalyTable()
    for event in found:
        table.add(event)
    if not len(table):
        typer.echo("no events in this time")
    table.print(sys.stdout)


def _seconds(since: str) -> float:
    try:
        return parse_duration(since)
    except ValueError as rule:
        raise typer.BadParameter(str(rule), param_hint="--since") from None
