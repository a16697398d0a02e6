"""`streamrnn run`: the daemon."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from streamrnn.cli.settings import (
    BrokerOption,
    ConfigOption,
    TopicOption,
    listening_to,
    load_daemon_settings,
    load_settings,
)
from streamrnn.errors import ConfigError

if TYPE_CHECKING:
    from streamrnn.config import Config

_NOTHING_TO_LISTEN_TO = """nothing to listen to: name topics, or a settings file with a [[source]]
  streamrnn run --broker mqtt://localhost:1883 --topic 'sensors/#'    ('#': everything)
  streamrnn run -c streamrnn.toml
What your broker has, and a settings file for it: streamrnn discover -o streamrnn.toml
To see it work without a broker of your own: streamrnn demo"""


def run(
    config: ConfigOption = None,
    broker: BrokerOption = None,
    topics: TopicOption = None,
) -> None:
    """Watch the streams of a broker until stopped: SIGTERM or Ctrl-C stop, SIGHUP reloads.

    Settings come from the file, over them variables such as
    STREAMRNN_MQTT__BROKER, over them the options; without a file, defaults.
    The log is on standard error.

    Example:  streamrnn run --broker mqtt://localhost:1883 --topic 'sensors/#'
    """
    overrides = listening_to(broker, topics)
    if config is None and not load_settings(None, overrides).source:
        raise ConfigError([_NOTHING_TO_LISTEN_TO])

    def load() -> Config:
        return load_daemon_settings(config, overrides)

    load()  # mistakes are reported before numba and all the rest is imported
    # Lazy: numba, uvicorn.
    from streamrnn.service.daemon import run_daemon

    raise typer.Exit(run_daemon(load))
