"""`streamrnn run`: the daemon."""

from __future__ import annotations

import typer

from streamrnn.cli.settings import (
    BrokerOption,
    ConfigArgument,
    TopicOption,
    listening_to,
    load_daemon_settings,
)
