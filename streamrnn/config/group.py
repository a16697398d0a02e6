"""Settings of groups: which streams are one thing, where neither message nor name tells."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from pydantic import Field, field_validator

from streamrnn.config.section import Section


class GroupConfig(Section):
    """Streams that are one device: they share an alarm, and what breaks in them together is told as
    one. Without it a device is what the messages say, else the topic without its last level. Of
    several groups the first that fits a stream counts. See docs/devices.md."""

    name: str = Field(
        min_length=1, description="What to call it, in labels too.", examples=["boiler"]
    )
    streams: tuple[str, ...] = Field(
        strict=False,
        description="Its streams, as shell patterns; * is any text.",
        examples=[("hall/boiler*", "roof/chimney/*")],
    )
    together: bool = Field(
        default=True,
        description="false: they have nothing to do with each other, each is a device of its own.",
    )

    @field_validator("streams")
    @classmethod
    def _check_some(cls, streams: tuple[str, ...]) -> tuple[str, ...]:
        if not streams:
            raise ValueError("must have at least one pattern")
        return streams

    def device(self, stream: str) -> str:
        return self.name if self.together else stream


def group_of(stream: str, groups: Sequence[GroupConfig]) -> GroupConfig | None:
    """The first that the stream belongs to."""
    for group in groups:
        if any(fnmatchcase(stream, pattern) for pattern in group.streams):
            return group
    return None
