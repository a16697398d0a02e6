"""Watches one run of the daemon from outside, until the plant ends or somebody stops it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from streamrnn.demo.broker import EmbeddedBroker
from streamrnn.demo.daemon import GATEWAY, DaemonFailedError, DaemonProcess
from streamrnn.demo.faults import Fault
from streamrnn.demo.listener import EventListener, HeardEvent
from streamrnn.demo.news import News
from streamrnn.demo.publisher import Publisher
from streamrnn.demo.screen import Screen
from streamrnn.demo.stop import StopFlag
from streamrnn.errors import StreamrnnError

_POLL_SECONDS = 0.25
_READY_SECONDS = 180.0
_LAST_EVENTS_SECONDS = 1.0


@dataclass
class Watch:
    """One run as seen from outside the daemon: through its HTTP port and its events."""

    stop: StopFlag
    broker: EmbeddedBroker
    daemon: DaemonProcess
    publisher: Publisher
    screen: Screen
    events: list[HeardEvent] = field(default_factory=list)
    warmed_up_at: dict[str, float] = field(default_factory=dict)
    announced: set[Fault] = field(default_factory=set)
    news: News = field(default_factory=News)
    begun: float = 0.0

    def run(self) -> None:
        """Raises DaemonFailedError if the daemon does not live to the end."""
        listener = EventListener(self.broker.port, f"streamrnn/{GATEWAY}/events")
        listener.start()
        try:
            if not self._until_ready():
                return
            self.begun = time.monotonic()
            self.publisher.start()
            try:
                with self.screen:
                    self._until_over(listener)
            finally:
                self.publisher.stop()
        finally:
            listener.stop()
        if exit_code := self.daemon.stop():
            raise DaemonFailedError(f"the daemon did not stop in order: exit code {exit_code}")

    def _until_ready(self) -> bool:
        """False if we were asked to stop before."""
        deadline = time.monotonic() + _READY_SECONDS
        while not self.daemon.is_ready():
            self._check_alive()
            if self.stop.is_set:
                return False
            if time.monotonic() > deadline:
                raise DaemonFailedError(f"the daemon was not ready within {_READY_SECONDS:.0f} s")
            time.sleep(_POLL_SECONDS)
        return True

    def _until_over(self, listener: EventListener) -> None:
        while self.publisher.is_running and not self.stop.is_set:
            self._poll(listener)
            time.sleep(_POLL_SECONDS)
        self.publisher.stop()
        patience = time.monotonic() + _LAST_EVENTS_SECONDS
        while time.monotonic() < patience:
            self._poll(listener)
            time.sleep(_POLL_SECONDS)

    def _poll(self, listener: EventListener) -> None:
        self._check_alive()
        elapsed = time.monotonic() - self.begun
        for injection in self.publisher.injections():
            if injection.fault not in self.announced:
                self.announced.add(injection.fault)
                self.screen.fault(injection.fault, elapsed)
        heard = listener.heard()
        self.events += heard
        for event in self.news.among(heard):
            self.screen.event(event, elapsed)
        streams = self.daemon.streams()
        for stream in streams:
            if stream.warm_up >= 1.0:
                self.warmed_up_at.setdefault(stream.name, time.time())
        self.screen.streams(streams, elapsed)

    def _check_alive(self) -> None:
        if not self.broker.is_running:
            raise StreamrnnError("the embedded broker ended unexpectedly")
        if (exit_code := self.daemon.exit_code) is not None:
            raise DaemonFailedError(f"the daemon ended by itself with exit code {exit_code}")
