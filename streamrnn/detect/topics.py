"""The MQTT topics that a gateway speaks on; people read one of them in every alert."""

from __future__ import annotations

from typing import NamedTuple


class GatewayTopics(NamedTuple):
    """Everything under `<prefix>/<gateway>`."""

    prefix: str
    gateway: str

    @property
    def events(self) -> str:
        return f"{self.prefix}/{self.gateway}/events"

    @property
    def availability(self) -> str:
        return f"{self.prefix}/{self.gateway}/availability"

    @property
    def commands(self) -> str:
        """What all topics of commands begin with."""
        return f"{self.prefix}/{self.gateway}/cmd/"

    def state(self, stream: str) -> str:
        return f"{self.prefix}/{self.gateway}/state/{topic_levels(stream)}"

    def command(self, stream: str) -> str:
        return f"{self.commands}{topic_levels(stream)}"


def topic_levels(stream: str) -> str:
    """A stream's name as the end of a topic: a field of a payload may be called "#", a level of a
    topic may not."""
    return stream.replace("+", "%2B").replace("#", "%23")
