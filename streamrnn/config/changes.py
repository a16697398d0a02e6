"""What differs between two versions of the settings, and what a running daemon can take over."""

from __future__ import annotations

from typing import Final, NamedTuple

from streamrnn.config.sections import Config
from streamrnn.config.tree import settings

_LIVE_SECTIONS: Final = ("source", "alerts", "limits", "log")
# The broker was given the topic of our Last Will at connection.
_NOT_LIVE: Final = ("alerts.topic_prefix",)


class Change(NamedTuple):
    """One setting that differs, by its dotted path. All sources count as one."""

    path: str
    needs_restart: bool


def changes(old: Config, new: Config) -> list[Change]:
    """The settings that differ, in the order of the file."""
    return [
        Change(path, needs_restart=path in _NOT_LIVE or path.split(".")[0] not in _LIVE_SECTIONS)
        for path in settings()
        if _value_at(old, path) != _value_at(new, path)
    ]


def _value_at(config: Config, path: str) -> object:
    value: object = config
    for name in path.split("."):
        value = getattr(value, name)
    return value
