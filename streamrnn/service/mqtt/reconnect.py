"""When to try again after a connection ended, and with which version of MQTT."""

from __future__ import annotations

import random
from enum import Enum
from typing import Final, Literal, NamedTuple

from paho.mqtt.enums import MQTTProtocolVersion


class Ending(Enum):
    """How a connection, or the attempt at one, came to its end."""

    STOPPED = "stopped"  # by us
    UNREACHABLE = "unreachable"  # no TCP or TLS connection
    NO_ANSWER = "no_answer"  # connected, but CONNECT was not answered
    UNSUPPORTED_PROTOCOL = "unsupported_protocol"  # the broker does not speak our version
    REFUSED = "refused"  # waiting alone will not mend it: credentials, certificate, client id
    LOST = "lost"  # had been up
    BROKEN = "broken"  # the broker broke the protocol, or one of our callbacks raised


class Ended(NamedTuple):
    """What the network thread decides on: how it ended, why, and for how long it was up. remedy:
    where more is known than `how` and `detail` tell, see `remedies`."""

    how: Ending
    detail: str
    seconds_up: float = 0.0
    remedy: str = ""


class Backoff:
    """Exponential backoff with full jitter: many gateways that lost one broker at one moment
    must not come back at one moment."""

    def __init__(
        self, rng: random.Random, first_seconds: float = 1.0, longest_seconds: float = 8.0
    ) -> None:
        self._rng = rng
        self._first = first_seconds
        self._longest = longest_seconds
        self._ceiling = first_seconds

    def after(self, ended: Ended) -> float:
        """Seconds to wait before the next attempt.

        A refusal is retried slowly, as somebody must mend it. A connection that soon ended again
        does not reset the backoff: two clients that share a client id would throw each other out
        for ever.
        """
        if ended.how is Ending.REFUSED:
            return self._rng.uniform(1.5 * self._longest, 3.0 * self._longest)
        if ended.seconds_up >= self._longest:
            self._ceiling = self._first
        ceiling, self._ceiling = self._ceiling, min(2 * self._ceiling, self._longest)
        return self._rng.uniform(0.0, ceiling)


_SILENT_ENDINGS_BEFORE_FALL_BACK: Final = 2


class ProtocolChoice:
    """The version to connect with: as set, or for "auto" 5, then 3.1.1 where 5 is refused.

    Some old brokers say that they do not know version 5, others just close the connection; but
    so does any broker while it shuts down, so that must happen twice in a row. A choice made on
    silence is made anew whenever silence returns.
    """

    def __init__(self, setting: Literal["auto", "5", "3.1.1"]) -> None:
        self._auto = setting == "auto"
        self._silent_endings = 0
        self.version = (
            MQTTProtocolVersion.MQTTv311 if setting == "3.1.1" else MQTTProtocolVersion.MQTTv5
        )

    def learn(self, ended: Ended) -> None:
        if ended.how is not Ending.NO_ANSWER:
            self._silent_endings = 0
        if not self._auto:
            return
        if ended.how is Ending.UNSUPPORTED_PROTOCOL:
            self._switch()
        elif ended.how is Ending.NO_ANSWER:
            self._silent_endings += 1
            if self._silent_endings >= _SILENT_ENDINGS_BEFORE_FALL_BACK:
                self._switch()

    def _switch(self) -> None:
        self._silent_endings = 0
        if self.version is MQTTProtocolVersion.MQTTv5:
            self.version = MQTTProtocolVersion.MQTTv311
        else:
            self.version = MQTTProtocolVersion.MQTTv5
