"""The thread that keeps Home Assistant's picture of us up to date."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Final, Protocol

from streamrnn.config import HomeAssistantConfig
from streamrnn.detect.topics import GatewayTopics
from streamrnn.records import Message
from streamrnn.service.fleet import FleetSnapshot
from streamrnn.service.folder_claim import remedy
from streamrnn.service.homeassistant.announcements import Announcements
from streamrnn.service.homeassistant.documents import Describer
from streamrnn.service.homeassistant.ledger import Ledger
from streamrnn.service.sinks.sink import Publisher

log = logging.getLogger("streamrnn.homeassistant")

_TURN_SECONDS: Final = 0.5
_LOOK_SECONDS: Final = 5.0  # for new streams: the loop makes a snapshot each time
_PORTION: Final = 50  # documents per turn: 10,000 streams take 100 s, and no event waits for them
_MOST_WAITING: Final = 500  # in the link's publish queue, events and states of streams included
_ONLINE: Final = b"online"
_STOP_SECONDS: Final = 2.0


class Link(Publisher, Protocol):
    """The part of `MqttLink` that this needs."""

    @property
    def connected(self) -> bool: ...

    @property
    def reconnects(self) -> int: ...

    @property
    def publish_queue_depth(self) -> int: ...

    def is_denied(self, topic: str) -> bool: ...


class HomeAssistant:
    """Announces streams, once more whenever Home Assistant or the broker has started anew, and
    removes them when they are gone.

    read: the state of all streams; may wait about a second. buttons: whether commands are obeyed
    at the moment. ledger: to remember in.
    """

    def __init__(
        self,
        config: HomeAssistantConfig,
        link: Link,
        topics: GatewayTopics,
        *,
        read: Callable[[], FleetSnapshot],
        buttons: Callable[[], bool],
        ledger: Ledger,
        turn_seconds: float = _TURN_SECONDS,
        look_seconds: float = _LOOK_SECONDS,
    ) -> None:
        self._enabled = config.enabled
        self._link = link
        self._read = read
        self._buttons = buttons
        self._ledger = ledger
        self._ledger_fails = False
        describer = Describer(config.discovery_prefix, topics)
        self._gateway_topic = describer.topic("")
        self._denied = False
        self._announcements = Announcements(config, describer, self._read_ledger())
        self._turn_seconds = turn_seconds
        self._look_seconds = look_seconds
        self._look_at = 0.0  # monotonic
        self._again = True
        self._connections = link.reconnects
        self._complained = False
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="homeassistant", daemon=True)

    def start(self) -> None:
        """Begin, if there is anything to announce or to remove."""
        if self._enabled or self._announcements.retained:
            self._thread.start()

    def stop(self) -> None:
        """What was announced stays: the devices show as unavailable until we are back."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join(_STOP_SECONDS)

    def hear(self, message: Message) -> None:
        """A message on the status topic. Leaves word, and returns at once."""
        if message.payload == _ONLINE:
            self._again = True

    def _run(self) -> None:
        while not self._stopping.wait(self._turn_seconds):
            if time.monotonic() >= self._look_at:
                self._look_at = time.monotonic() + self._look_seconds
                self._look()
            if self._link.connected:
                self._say()

    def _look(self) -> None:
        fleet = self._read()
        labels = {stream: fleet.label(stream) for stream in fleet.infos}
        self._announcements.want(fleet.names, labels, buttons=self._buttons())
        self._report_left_out()

    def _say(self) -> None:
        if self._is_denied():
            return
        reconnects = self._link.reconnects
        is_first = self._again or reconnects != self._connections
        if is_first:
            self._again, self._connections = False, reconnects
            self._announcements.again()
        room = _MOST_WAITING - self._link.publish_queue_depth
        if room <= 0:
            return
        self._remember()
        # The gateway goes alone: the broker's answer to it tells whether we may write there.
        for topic, payload in self._announcements.next(1 if is_first else min(room, _PORTION)):
            self._link.publish(topic, payload, qos=1, retain=True)

    def _remember(self) -> None:
        """What does not work is tried again at the next turn, and told once."""
        before, self._ledger_fails = self._ledger_fails, False
        try:
            self._ledger.write(self._announcements.retained)
        except OSError as error:
            self._ledger_fails = True
            if not before:
                reason = f"{self._ledger.path}: {error.strerror}"
                what = f"{remedy(error)}; until then streams removed may stay visible"
                data = {"reason": reason, "remedy": what}
                log.warning("homeassistant_ledger_not_written", extra={"data": data})
        if before and not self._ledger_fails:
            log.info("homeassistant_ledger_written_again")

    def _is_denied(self) -> bool:
        """Some brokers hang up on every message that they deny: one is enough."""
        before, self._denied = self._denied, self._link.is_denied(self._gateway_topic)
        if self._denied and not before:
            remedy = "allow our user to write to homeassistant/device/+/config, then reload"
            data = {"topic": self._gateway_topic, "remedy": remedy}
            log.error("homeassistant_denied", extra={"data": data})
        if before and not self._denied:
            self._again = True
        return self._denied

    def _report_left_out(self) -> None:
        left_out = self._announcements.left_out
        if left_out and not self._complained:
            self._complained = True
            remedy = "raise homeassistant.max_streams, or name those that matter in its streams"
            data = {"streams": left_out, "remedy": remedy}
            log.warning("homeassistant_streams_left_out", extra={"data": data})

    def _read_ledger(self) -> set[str]:
        try:
            return self._ledger.read()
        except (OSError, ValueError) as error:
            data = {"problem": str(error), "effect": "streams of earlier runs are not removed"}
            log.warning("homeassistant_ledger_not_read", extra={"data": data})
            return set()
