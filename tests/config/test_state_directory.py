"""Where learned state is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from streamrnn.config import StateConfig
from streamrnn.config.state_directory import state_directory
from streamrnn.errors import ConfigError

EVERYTHING = {"STATE_DIRECTORY": "/var/lib/s", "XDG_STATE_HOME": "/xdg", "HOME": "/home/me"}


def without(*names: str) -> dict[str, str]:
    return {name: value for name, value in EVERYTHING.items() if name not in names}


def test_the_setting_goes_before_the_environment() -> None:
    assert state_directory(StateConfig(directory=Path("/data")), EVERYTHING) == Path("/data")


@pytest.mark.parametrize(
    ("environ", "directory"),
    [
        (EVERYTHING, "/var/lib/s"),
        (EVERYTHING | {"STATE_DIRECTORY": "/var/lib/a:/var/lib/b"}, "/var/lib/a"),
        (without("STATE_DIRECTORY"), "/xdg/streamrnn"),
        (without("STATE_DIRECTORY", "XDG_STATE_HOME"), "/home/me/.local/state/streamrnn"),
        ({"XDG_STATE_HOME": "relative", "HOME": "/home/me"}, "/home/me/.local/state/streamrnn"),
    ],
)
def test_systemd_goes_before_xdg_before_home(environ: dict[str, str], directory: str) -> None:
    assert state_directory(StateConfig(), environ) == Path(directory)


def test_without_any_of_them_the_setting_is_asked_for() -> None:
    with pytest.raises(ConfigError, match=r"^state\.directory: must be set"):
        state_directory(StateConfig(), {})
