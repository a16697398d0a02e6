"""The loop with its real parts, between a hand-written link and a list of events."""

from __future__ import annotations

import logging
import math
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from streamrnn.config import AlertsConfig, DetectorConfig, GroupConfig, LimitsConfig, SourceConfig
from streamrnn.detect import Bank
from streamrnn.detect.events import EventTracker
from streamrnn.detect.topics import GatewayTopics
from streamrnn.ingest import Ingest
from streamrnn.ingest.detection import Formats
from streamrnn.records import Event, Message
from streamrnn.service.acknowledgements import Acknowledgements, Mode
from streamrnn.service.commands import CommandDesk
from streamrnn.service.disk import Disk
from streamrnn.service.logs import RateLimited
from streamrnn.service.loop import Loop
from streamrnn.service.outbox import AlertOutbox
from streamrnn.service.redelivery import Redeliveries
from streamrnn.service.shedding import Rememberer
from streamrnn.service.sinks import Sink
from streamrnn.service.state import State
from streamrnn.service.withdrawals import Withdrawals

TOPICS = GatewayTopics("streamrnn", "gw")
DETECTOR = DetectorConfig(warm_up=60)
ALERTS = AlertsConfig(close_after="20s", cooldown="0s", update_every="10s")


class FakeLink:
    """Hands out what it was given, and keeps what it is told."""

    def __init__(self) -> None:
        self.session_epoch = 1
        self.connected = self.delivers = True
        self.waiting: deque[Message] = deque()
        self.acknowledged: list[Message] = []
        self.published: list[tuple[str, bytes, int, bool]] = []
        self.on_acknowledge: Callable[[], object] = lambda: None

    def take(self, max_items: int, timeout: float) -> list[Message]:
        return [self.waiting.popleft() for _ in range(min(max_items, len(self.waiting)))]

    def acknowledge(self, messages: Iterable[Message]) -> None:
        self.acknowledged += messages
        self.on_acknowledge()

    def publish(
        self,
        topic: str,
        payload: bytes,
        *,
        qos: int = 1,
        retain: bool = False,
        on_done: Callable[[bool], None] | None = None,
    ) -> bool:
        """Delivered at once, or never."""
        if self.delivers:
            self.published.append((topic, payload, qos, retain))
        if on_done is not None:
            on_done(self.delivers)
        return True

    def is_denied(self, topic: str) -> bool:
        return False


class Heard:
    """A sink that remembers."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def emit(self, event: Event) -> None:
        self.events.append(event)


def memory_outbox() -> AlertOutbox:
    """Nobody waits for it and nothing is written, as it is never started."""
    folder = Path("/nonexistent")
    return AlertOutbox(folder, [], capacity=100, complaints=complaints(), disk=Disk())


def complaints() -> RateLimited:
    return RateLimited(logging.getLogger("streamrnn.test"), time.monotonic)


class Pipeline:
    """A loop over the topics plant/#."""

    def __init__(
        self,
        state: State | None = None,
        more_sinks: Sequence[Sink] = (),
        outbox: AlertOutbox | None = None,
        limits: LimitsConfig | None = None,
        source: SourceConfig | None = None,
        rememberers: Sequence[Rememberer] = (),
        groups: Sequence[GroupConfig] = (),
        **alerts: Any,
    ) -> None:
        settings = ALERTS.model_copy(update=alerts)
        self.link = FakeLink()
        self.heard = Heard()
        self.state = state or State(
            Bank(DETECTOR), EventTracker(settings, "gw"), Redeliveries(), Withdrawals(), Formats()
        )
        limited = complaints()
        self.desk = CommandDesk(self.state, TOPICS, limited, enabled=settings.commands)
        self.loop = Loop(
            self.link,
            Ingest(
                [source or SourceConfig(topic="plant/#")],
                limits or LimitsConfig(),
                "streamrnn",
                self.state.formats,
            ),
            self.state,
            [self.heard, *more_sinks],
            self.desk,
            limited,
            TOPICS,
            outbox=outbox or memory_outbox(),
            acknowledgements=Acknowledgements(self.link),
            groups=groups,
            rememberers=rememberers,
        )
        for stream in self.state.bank.slots:
            self.loop.ingest.admit(stream)
        self.loop.acknowledgements.mode = Mode.RELAXED

    def feed(self, *messages: Message) -> list[Event]:
        """Deals with all of them; returns the events that followed."""
        before = len(self.heard.events)
        self.link.waiting.extend(messages)
        while self.loop.turn(0.0):
            pass
        self.settle()
        return self.heard.events[before:]

    def settle(self) -> None:
        """As if all alerts were on disk."""
        self.loop.acknowledgements.settle(1_000_000)


def message(topic: str, payload: str, at: float = 0.0, *, retain: bool = False) -> Message:
    return Message(topic, payload.encode(), 1, retain, False, 1, 1, at)


def command(text: str, stream: str = "plant/freezer") -> Message:
    return message(TOPICS.command(stream), text)


def freezer(first: int, last: int, *, warmer_by: float = 0.0, seed: int = 0) -> list[Message]:
    """One reading a second, a slow wave with noise."""
    noise = np.random.default_rng(seed).normal(0.0, 0.1, last)
    values = [math.sin(t / 10) + noise[t] + warmer_by for t in range(first, last)]
    return [
        message("plant/freezer", f"{value:.6f}", 1e9 + t)
        for t, value in zip(range(first, last), values, strict=True)
    ]
