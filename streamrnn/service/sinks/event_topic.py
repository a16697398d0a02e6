"""Every event on the gateway's events topic: at least once, in order, not retained."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from queue import Empty, SimpleQueue
from typing import Final, Protocol

from streamrnn.detect.topics import GatewayTopics
from streamrnn.service.outbox import AlertOutbox, Entry
from streamrnn.service.sinks.event_json import event_json

WINDOW: Final = 20
"""Events that may be on their way at one time: a broker that comes back after a day must not get
all that has waited at one stroke."""

_LOOK_SECONDS: Final = 0.25  # how often to look whether the connection is back
_PAUSE_SECONDS: Final = 30.0  # before a topic that the broker denied us is tried again


class EventLink(Protocol):
    """The part of `MqttLink` that events need."""

    @property
    def connected(self) -> bool: ...

    @property
    def stopping(self) -> bool: ...

    def is_denied(self, topic: str) -> bool: ...

    def publish(
        self, topic: str, payload: bytes, *, qos: int, on_done: Callable[[bool], None] | None
    ) -> bool: ...


class EventTopic:
    """Publishes from the outbox in a thread of its own, and confirms what the broker confirmed."""

    DESTINATION: Final = "mqtt"

    def __init__(self, outbox: AlertOutbox, link: EventLink, topics: GatewayTopics) -> None:
        self._outbox = outbox
        self._link = link
        self._topic = topics.events
        self._answers: SimpleQueue[tuple[int, bool]] = SimpleQueue()  # position, delivered
        self._on_their_way: dict[int, bool] = {}  # position -> settled, in order
        self._handed_over = 0  # position
        self._resume_at = 0.0  # monotonic
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="events", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """After the link was stopped: note what it had delivered, and end."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._hand_over()
            if self._on_their_way:
                self._note_answers(_LOOK_SECONDS)
            elif self._may_publish():
                self._outbox.wait(self.DESTINATION, self._handed_over, _LOOK_SECONDS)
            else:
                self._stopping.wait(_LOOK_SECONDS)
        self._note_answers(0.0)

    def _may_publish(self) -> bool:
        return self._link.connected and time.monotonic() >= self._resume_at

    def _hand_over(self) -> None:
        room = WINDOW - len(self._on_their_way)
        if room <= 0 or not self._may_publish():
            return
        for entry in self._outbox.next(self.DESTINATION, room, self._handed_over):
            if not self._publish(entry):
                return

    def _publish(self, entry: Entry) -> bool:
        self._handed_over = entry.position
        self._on_their_way[entry.position] = False
        on_done = partial(self._done, entry.position)
        return self._link.publish(self._topic, event_json(entry.event), qos=1, on_done=on_done)

    def _done(self, position: int, delivered: bool) -> None:
        """On the network thread."""
        self._answers.put((position, delivered))

    def _note_answers(self, timeout: float) -> None:
        """Confirm as far as there is no gap; waits for the first answer, so long at most."""
        try:
            answer = self._answers.get(timeout=timeout) if timeout else self._answers.get_nowait()
            while True:
                self._note(*answer)
                answer = self._answers.get_nowait()
        except Empty:
            pass
        settled = 0
        for position in list(self._on_their_way):
            if not self._on_their_way[position]:
                break
            del self._on_their_way[position]
            settled = position
        if settled:
            self._outbox.confirm(self.DESTINATION, settled)

    def _note(self, position: int, delivered: bool) -> None:
        if position not in self._on_their_way:
            return  # was handed over before a pause, and will be again
        if delivered or not (self._link.stopping or self._link.is_denied(self._topic)):
            # What was refused otherwise would be refused again: the link has told why.
            self._on_their_way[position] = True
            return
        self._on_their_way = {p: done for p, done in self._on_their_way.items() if p < position}
        self._handed_over = position - 1
        self._resume_at = time.monotonic() + _PAUSE_SECONDS
