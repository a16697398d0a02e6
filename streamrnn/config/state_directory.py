"""Where learned state is kept."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from streamrnn.config.sections import StateConfig
from streamrnn.errors import ConfigError


def state_directory(config: StateConfig, environ: Mapping[str, str]) -> Path:
    """The folder set, else the one that systemd made for us, else the user's.

    Raises ConfigError where none of them is known.
    """
    if config.directory is not None:
        return config.directory
    if from_systemd := environ.get("STATE_DIRECTORY"):
        return Path(from_systemd.split(":")[0])  # a list if the unit names several
    state_home = environ.get("XDG_STATE_HOME", "")
    if state_home.startswith("/"):  # the specification says to ignore a relative one
        return Path(state_home) / "streamrnn"
    if home := environ.get("HOME"):
        return Path(home) / ".local" / "state" / "streamrnn"
    raise ConfigError(["state.directory: must be set, as there is no $HOME to keep state under"])
