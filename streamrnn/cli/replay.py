"""`streamrnn replay`: recorded files through the daemon's detector."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from streamrnn.cli.settings import ConfigOption, load_settings
from streamrnn.errors import ConfigError
from streamrnn.records import Reason

if TYPE_CHECKING:
    from streamrnn.records import Event
    from streamrnn.replay import Player, Recording, Step

# What labelled data sets call the columns that hold the answers.
_EXCLUDE = ["is_anomaly", "is_changepoint", "anomaly", "changepoint", "label"]


class EventFormat(StrEnum):
    TABLE = "table"
    JSONL = "jsonl"


def replay(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE", help="CSV, CSV.gz or Parquet files.")
    ],
    config: ConfigOption = None,
    form: Annotated[
        EventFormat,
        typer.Option(
            "--format", help="One row per anomaly, or every event as the daemon sends it."
        ),
    ] = EventFormat.TABLE,
    output: Annotated[
        Path | None, typer.Option(help="Write the events here, not to standard output.")
    ] = None,
    scores: Annotated[
        Path | None, typer.Option(help="Also write every reading's decision here, as CSV.")
    ] = None,
    time_column: Annotated[
        str | None,
        typer.Option(
            help="Column with the time. Default: timestamp, time, ts, datetime or date, else the "
            "first one that holds ISO 8601 times."
        ),
    ] = None,
    columns: Annotated[
        list[str] | None,
        typer.Option(
            "--columns", help="Column to read; may be repeated. Default: all with numbers."
        ),
    ] = None,
    exclude: Annotated[
        list[str], typer.Option("--exclude", help="Column to leave out; may be repeated.")
    ] = _EXCLUDE,
    interval: Annotated[
        str, typer.Option(help="Time between rows, in files without times.")
    ] = "1s",
    stream: Annotated[
        str | None, typer.Option(help="Name of the stream, for files with one column.")
    ] = None,
    gateway: Annotated[str | None, typer.Option(help="Name of the gateway, in events.")] = None,
) -> None:
    """Run recorded files through the detector, as if the daemon had heard them.

    Each column of numbers becomes the stream FILE/COLUMN; a lone column called
    value becomes FILE. Under the same names, with the same settings, the events
    are the daemon's. Files are taken one after the other; empty cells are left
    out and counted.

    Example:  streamrnn replay freezer.csv --format jsonl > events.jsonl
    """
    settings = load_settings(config, {"gateway.name": gateway})
    # Lazy: pandas, numba.
    from streamrnn.replay import Player, ScoreFile, Selection, read_recordings, whole_file

    recordings = read_recordings(
        files,
        Selection(
            time_column=time_column,
            columns=columns or (),
            exclude=exclude,
            stream=stream,
            interval=_seconds(interval),
        ),
    )
    begun = time.monotonic()
    events = 0
    player = Player(settings)
    with ExitStack() as stack:
        out = stack.enter_context(whole_file(output)) if output else sys.stdout
        score_file = ScoreFile(stack.enter_context(whole_file(scores))) if scores else None
        write = stack.enter_context(_event_writer(form, out))
        for step in _shown(player, recordings):
            events += len(step.events)
            for event in step.events:
                write(event)
            if score_file:
                score_file.write(player.names, step)
    seconds = time.monotonic() - begun
    sys.stderr.write(_summary(player, recordings, events, seconds))


def _seconds(interval: str) -> float:
    from streamrnn.config.duration import parse_duration

    try:
        seconds = parse_duration(interval)
        if not seconds:
            raise ValueError('must be longer than "0s"')
    except ValueError as error:
        raise ConfigError([f'--interval = "{interval}": {error}']) from error
    return seconds


@contextmanager
def _event_writer(form: EventFormat, out: TextIO) -> Iterator[Callable[[Event], object]]:
    if form is EventFormat.JSONL:
        from streamrnn.service.sinks import event_json

        yield lambda event: out.write(event_json(event).decode() + "\n")
        return
    from streamrnn.cli.anomalies import AnomalyTable

    table = AnomalyTable()
    yield table.add
    table.print(out)


def _shown(player: Player, recordings: list[Recording]) -> Iterator[Step]:
    """The steps, with a progress bar where somebody watches."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    rows = sum(len(recording.times) for recording in recordings)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("replay", total=rows)
        for step in player.play(recordings):
            yield step
            progress.advance(bar, step.rows)


def _summary(player: Player, recordings: list[Recording], events: int, seconds: float) -> str:
    """One line, and one more for each thing that may be wrong with a file."""
    streams = len(player.names)
    dropped = ", ".join(f"{count:,} {reason}" for reason, count in player.dropped.items() if count)
    notes = "".join(
        f"{recording.path}: no numbers in {', '.join(recording.texts)}\n"
        for recording in recordings
        if recording.texts
    )
    if player.dropped[Reason.LATE]:
        notes += "late: before the row above it; a stream's rows must be in order of their times\n"
    return (
        f"{notes}{player.readings:,} readings of {streams:,} stream{'s'[: streams != 1]} "
        f"in {seconds:.2f} s ({player.readings / seconds:,.0f}/s), {events:,} "
        f"event{'s'[: events != 1]}{f'; left out: {dropped}' if dropped else ''}\n"
    )
