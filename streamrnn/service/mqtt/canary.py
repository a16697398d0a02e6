"""A message to ourselves: what access rules deny is often denied without a word."""

from __future__ import annotations

import logging
import secrets
import threading
from typing import Final

from streamrnn.service.mqtt.publish_queue import Outgoing

log = logging.getLogger("streamrnn.mqtt")

PATIENCE_SECONDS: Final = 10.0

_REMEDY: Final = (
    "allow our user to write and read all topics under ours in the broker's access rules, then "
    "reload; until then alerts may be lost on the way"
)


class Canary:
    """Sent once after the start, and again after `retry`, when subscriptions are granted.

    Over MQTT 3.1.1, and with some brokers over 5, a denied publish looks like one that succeeded:
    only a message that comes back proves that ours get out. Written by the network thread.
    """

    def __init__(self, topic: str) -> None:
        self.topic: Final = topic
        self._song = b""
        self._sent_at: float | None = None
        self._settled = False
        self._lock = threading.Lock()

    def retry(self) -> None:
        """From any thread: the broker's rules may have been mended."""
        with self._lock:
            self._sent_at, self._settled = None, False

    def sing(self, now: float) -> Outgoing | None:
        """What to publish now, if anything; on a connection that is subscribed."""
        with self._lock:
            if self._sent_at is None:
                self._sent_at, self._song = now, secrets.token_hex(8).encode()
                return Outgoing(self.topic, self._song, 1, False, self._answered)
            if not self._settled and now - self._sent_at > PATIENCE_SECONDS:
                self._settle("it did not come back")
        return None

    def hear(self, payload: bytes) -> None:
        """Something has come on the topic."""
        with self._lock:
            if payload == self._song and not self._settled:
                self._settled = True
                log.info("canary_heard", extra={"data": {"topic": self.topic}})

    def _answered(self, delivered: bool) -> None:
        with self._lock:
            if not delivered and not self._settled:
                self._settle("the broker refused it")

    def _settle(self, reason: str) -> None:
        self._settled = True
        data = {"topic": self.topic, "reason": reason, "remedy": _REMEDY}
        log.error("canary_lost", extra={"data": data})
