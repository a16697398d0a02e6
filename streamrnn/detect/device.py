"""Which streams belong together: those of one device."""

from __future__ import annotations

from collections.abc import Sequence

from streamrnn.config import GroupConfig
from streamrnn.config.group import group_of


def device_of(stream: str, told: str = "", groups: Sequence[GroupConfig] = ()) -> str:
    """Of a group, if somebody put the stream into one; else what its messages told; else the
    stream's name without its last level, the quantity."""
    group = group_of(stream, groups)
    if group is not None:
        return group.device(stream)
    return told or stream.rpartition("/")[0] or stream
