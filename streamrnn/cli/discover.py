"""`streamrnn discover`: what a broker has to offer, and a settings file that takes it."""

from __future__ import annotations

import sys
import time
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from streamrnn.cli.settings import (
    BrokerOption,
    ConfigOption,
    TopicOption,
    listening_to,
    load_settings,
)
from streamrnn.errors import InputError

if TYPE_CHECKING:
    from rich.table import Table

    from streamrnn.config import Config
    from streamrnn.discover import Survey

_LOOK_SECONDS = 0.5  # between two states of the table
_ROWS_LIVE = 30  # as many as a terminal shows
# A row is one line in a file too.
_UNBROKEN = 10_000


def discover(
    config: ConfigOption = None,
    broker: BrokerOption = None,
    topics: TopicOption = None,
    seconds: Annotated[float, typer.Option(min=0.1, help="How long to listen.")] = 60.0,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write a settings file (TOML) there.", dir_okay=False),
    ] = None,
) -> None:
    """Listen to a broker, show what is there, and write a settings file for it.

    Shows, by pattern of topics: format, fields, how often, from where to where;
    and why the rest is left out. Leaves nothing behind at the broker. Ctrl-C
    ends the listening early. The exit code is 1 where nothing was heard.

    Example:  streamrnn discover --broker mqtt://localhost:1883 -o streamrnn.toml
    """
    if output is not None and output.exists():
        raise InputError(f"{output} is there already: name another file, or move it away")
    settings = load_settings(config, listening_to(broker, topics))
    survey, listened = _listen(settings, seconds)
    _print(survey)
    if output is not None:
        _write(output, survey, settings, listened)
    elif survey.streams:
        typer.echo("to write a settings file for them: the same with -o streamrnn.toml")
    if not survey.streams:
        sys.stderr.write(f"streamrnn: no readings heard in {listened:.0f} s. {_why(survey)}\n")
        raise typer.Exit(1)


def _why(survey: Survey) -> str:
    if survey.topics:
        return "What was heard is left out, for the reasons above"
    return (
        "Nothing at all: devices may publish more seldom (--seconds), to another broker, or where "
        "its access rules do not let us read"
    )


def _listen(settings: Config, seconds: float) -> tuple[Survey, float]:
    """The survey, and for how many seconds it lasted."""
    # Lazy: paho, rich, msgspec.
    from rich.console import Console
    from rich.live import Live

    from streamrnn.discover import Listener, Survey
    from streamrnn.ingest import Ingest

    prefix = settings.alerts.topic_prefix
    survey = Survey(settings.limits, prefix, settings.source)
    filters = [name for name, _ in Ingest(settings.source, settings.limits, prefix).topic_filters()]
    console = Console(stderr=True)
    screen = Live(console=console, transient=True, auto_refresh=False)
    with (
        Listener(settings.mqtt, filters or ["#"], time.time) as listener,
        screen if console.is_terminal else nullcontext(),
    ):
        begun = time.monotonic()
        try:
            while (left := begun + seconds - time.monotonic()) > 0.0:
                for message in listener.take(min(left, _LOOK_SECONDS)):
                    survey.add(message)
                if console.is_terminal:
                    title = f"{len(survey.topics)} topics heard, {left:.0f} s left"
                    screen.update(_table(survey, title, _ROWS_LIVE), refresh=True)
        except KeyboardInterrupt:
            pass  # enough was heard
    return survey, time.monotonic() - begun


def _table(survey: Survey, title: str, rows: int | None = None) -> Table:
    from rich.table import Table

    from streamrnn.discover import patterns_of
    from streamrnn.discover.settings_file import shown_interval, shown_range

    table = Table(title=title, box=None, header_style="bold", pad_edge=False)
    for header in ("topics", "format", "messages", "every", "field", "range"):
        table.add_column(header, overflow="fold")  # a topic that is cut off cannot be copied
    for pattern in patterns_of(survey.topics.values()):
        head = (pattern.template, pattern.format, f"{pattern.messages}", shown_interval(pattern))
        for path, seen in pattern.fields.items():
            table.add_row(*head, path, shown_range(seen))
            head = ("", "", "", "")
    if rows is not None and table.row_count > rows:
        for column in table.columns:
            del column._cells[rows:]
    return table


def _print(survey: Survey) -> None:
    from rich.console import Console

    from streamrnn.discover import left_out
    from streamrnn.discover.settings_file import shown_left_out

    width = None if sys.stdout.isatty() else _UNBROKEN
    console = Console(file=sys.stdout, highlight=False, markup=False, width=width)
    console.print(_table(survey, ""))
    found = left_out(survey.topics.values())
    for title, harmless in (
        ("Left out (look here if you miss readings):", False),
        ("Left out, as it should be, for it measures nothing:", True),
    ):
        groups = [group for group in found if group.harmless is harmless]
        if groups:
            typer.echo("\n".join(["", title, *(f"  {shown_left_out(each)}" for each in groups)]))
    more = f"; {survey.unlisted} messages on further topics" if survey.unlisted else ""
    used = sum(bool(topic.fields) for topic in survey.topics.values())
    typer.echo(f"\n{len(survey.streams)} streams on {used} of {len(survey.topics)} topics{more}")


def _write(output: Path, survey: Survey, settings: Config, seconds: float) -> None:
    from streamrnn.discover import patterns_of, settings_file

    text = settings_file(survey, patterns_of(survey.topics.values()), settings.mqtt, seconds)
    try:
        with output.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise InputError(f"{output} cannot be written: {error.strerror}") from error
    typer.echo(f"written: {output}; use it with: streamrnn run -c {output}")
