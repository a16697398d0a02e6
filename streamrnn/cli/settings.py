"""The settings of a command: its file, under the environment, under its options."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from streamrnn.config import Config

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", "-c", metavar="FILE", help="Settings (TOML).", show_default=False),
]
BrokerOption = Annotated[
    str | None,
    typer.Option(metavar="URL", help="Broker, such as mqtt://localhost:1883.", show_default=False),
]
TopicOption = Annotated[
    list[str] | None,
    typer.Option(
        "--topic",
        metavar="FILTER",
        help="Topics to listen to, in place of the sources in the file. May be repeated.",
        show_default=False,
    ),
]


def load_settings(path: Path | None, overrides: dict[str, Any] | None = None) -> Config:
    """The settings; raises ConfigError with every problem."""
    from streamrnn.config.load import load

    return load(path, os.environ, overrides or {})


def load_daemon_settings(path: Path | None, overrides: dict[str, Any] | None = None) -> Config:
    """As `load_settings`; also checks what a daemon needs: sources, and files it can use."""
    from streamrnn.config.checks import check_files, check_sources
    from streamrnn.errors import ConfigError

    config = load_settings(path, overrides)
    problems = check_sources(config) + (check_files(config) or _check_certificates(config))
    if problems:
        raise ConfigError(problems)
    return config


def _check_certificates(config: Config) -> list[str]:
    """Whether the files that are named hold certificates and keys, as who uses them reads them."""
    from streamrnn.errors import ConfigError
    from streamrnn.service.tls import client_context, server_context

    mqtt, http = config.mqtt, config.http
    problems = []
    try:
        if mqtt.ca_file is not None:
            client_context(mqtt.ca_file, "mqtt.ca_file")
    except ConfigError as error:
        problems += error.problems
    for section, own in (("mqtt", mqtt), ("http", http)):
        try:
            if own.cert_file is not None:
                server_context(own.cert_file, own.key_file, section)
        except ConfigError as error:
            problems += error.problems
    return problems


def listening_to(broker: str | None, topics: list[str] | None) -> dict[str, Any]:
    """The overrides that --broker and --topic stand for."""
    sources = [{"topic": topic} for topic in topics or []]
    return {"mqtt.broker": broker, "source": sources or None}
