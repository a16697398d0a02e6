"""`streamrnn test-message`: what would become of a message."""

from __future__ import annotations

import sys
import time
from typing import Annotated

import typer

from streamrnn.cli.exit_codes import ExitCode
from streamrnn.cli.settings import ConfigOption, TopicOption, load_settings
from streamrnn.errors import ConfigError


def explain_message(
    topic: Annotated[str, typer.Argument(help="Topic of the message.")],
    payload: Annotated[str, typer.Argument(help="Its payload; - reads it from standard input.")],
    config: ConfigOption = None,
    topics: TopicOption = None,
    retained: Annotated[
        bool, typer.Option("--retained", help="As if the broker had stored the message.")
    ] = False,
) -> None:
    """Show step by step what would become of a message. Connects to nothing.

    The steps: source, format and how it was recognised, fields, time, streams.
    Without a source in the settings, every topic is listened to.
    The exit code is 1 where no reading comes of the message.

    Example:  streamrnn test-message sensors/freezer '{"temperature": -18.4}'
    """
    if not topic or "+" in topic or "#" in topic:
        raise ConfigError(
            [
                f'topic "{topic}": must be one that a message can have, without + and #; '
                "filters are named with --topic"
            ]
        )
    # Lazy: msgspec, and the settings' pydantic.
    from streamrnn.config import SourceConfig
    from streamrnn.ingest import Ingest
    from streamrnn.records import Message

    overrides = {"source": [{"topic": filter_} for filter_ in topics]} if topics else {}
    settings = load_settings(config, overrides)
    sources = settings.source
    if not sources:
        sources = (SourceConfig(topic="#"),)
        typer.echo('no source is set: as with --topic "#"')
    ingest = Ingest(sources, settings.limits, settings.alerts.topic_prefix)
    message = Message(
        topic=topic,
        payload=sys.stdin.buffer.read() if payload == "-" else payload.encode(),
        qos=1,
        retain=retained,
        dup=False,
        packet_id=1,
        epoch=0,
        received_at=time.time(),
    )
    explanation = ingest.explain(message)
    for step in explanation.steps:
        typer.echo(step)
    if not explanation.readings:
        raise typer.Exit(ExitCode.FAILURE)
