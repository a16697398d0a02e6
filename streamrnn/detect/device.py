"""Which streams belong together: those of one device."""

from __future__ import annotations


def device_in_name(stream: str) -> str:
    """Where nothing else tells it: the stream's name without its last level, the quantity."""
    return stream.rpartition("/")[0] or stream
