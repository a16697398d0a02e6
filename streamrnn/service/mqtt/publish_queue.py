"""Messages on their way to the broker: bounded, in order, kept while there is no connection."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import NamedTuple


class Outgoing(NamedTuple):
    """One message to publish. `on_done(delivered)` is called once, from any thread: True when the
    broker has it (QoS 0: when it left), False when it was given up. losses: connections that
    ended while this message alone was on its way."""

    topic: str
    payload: bytes
    qos: int
    retain: bool
    on_done: Callable[[bool], None] | None
    losses: int = 0

    def done(self, delivered: bool) -> None:
        if self.on_done is not None:
            self.on_done(delivered)


class PublishQueue:
    """A bounded queue that knows states from events.

    A retained message is the *state* of its topic: only the newest counts, so a waiting one is
    replaced in its place by a newer. All others are *events*: each counts. When the queue is
    full, the state that has waited longest makes room; when it is full of events, the new
    message is refused. What was given up is counted in `dropped`; a replaced state is not.

    A topic that the broker denied us is denied with its whole branch, the first three levels, as
    access rules are written: some brokers (mosquitto 2.0.11) hang up on every denied message, and
    a thousand states would cost as many connections.
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.dropped = 0
        self.suspects = 0
        """Messages at the front that were on their way when a connection ended: perhaps the
        broker hung up on one of them. Kept by the network thread."""
        self._lock = threading.Lock()
        self._closed = False
        self._waiting: OrderedDict[int, Outgoing] = OrderedDict()
        self._denied: set[str] = set()
        self._states: OrderedDict[str, int] = OrderedDict()  # topic -> key in _waiting
        self._last_key = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, message: Outgoing) -> bool:
        """False when the message was refused: full of events, or closed."""
        with self._lock:
            given_up = self._admit(message)
        if given_up is not None:
            given_up.done(False)
        return given_up is not message

    def pop(self) -> Outgoing | None:
        """The message that has waited longest."""
        with self._lock:
            if not self._waiting:
                return None
            _, message = self._waiting.popitem(last=False)
            if message.retain:
                del self._states[message.topic]
            return message

    def give_back(self, messages: Iterable[Outgoing]) -> None:
        """Put popped messages, in their order, before all that wait: their connection ended
        before the broker had confirmed them. May exceed the capacity by their number."""
        given_up = []
        suspects = 0
        with self._lock:
            for message in reversed(list(messages)):
                if self._closed:
                    self.dropped += 1
                    given_up.append(message)
                elif message.retain and message.topic in self._states:
                    self._inherit_losses(message)
                    given_up.append(message)
                else:
                    suspects += 1
                    key = self._insert(message)
                    self._waiting.move_to_end(key, last=False)
                    if message.retain:
                        self._states.move_to_end(message.topic, last=False)
            # Those given back while some were still under suspicion are among them.
            self.suspects = max(self.suspects, suspects)
        for message in given_up:
            message.done(False)

    def deny(self, topic: str) -> None:
        """Deny the topic's whole branch."""
        self._denied.add(_branch(topic))

    def deny_alone(self, topic: str) -> None:
        """Deny this one topic."""
        self._denied.add(topic)

    def is_denied(self, topic: str) -> bool:
        denied = self._denied
        return bool(denied) and (topic in denied or _branch(topic) in denied)

    def forget_denials(self) -> None:
        self._denied.clear()

    def give_up(self, message: Outgoing) -> None:
        """Count a popped message that can never be published."""
        with self._lock:
            self.dropped += 1
        message.done(False)

    def close(self) -> None:
        """Refuse everything from now on, and give up what waits."""
        with self._lock:
            self._closed = True
            given_up = list(self._waiting.values())
            self._waiting.clear()
            self._states.clear()
            self.dropped += len(given_up)
        for message in given_up:
            message.done(False)

    def _admit(self, message: Outgoing) -> Outgoing | None:
        """Take `message` in; the message given up for it, which may be itself."""
        older = self._states.get(message.topic) if message.retain else None
        if older is not None:
            replaced = self._waiting[older]
            self._waiting[older] = message._replace(losses=replaced.losses)
            return replaced
        given_up = None
        if self._closed or len(self._waiting) >= self.capacity:
            self.dropped += 1
            if self._closed or not self._states:
                return message
            _, key = self._states.popitem(last=False)
            given_up = self._waiting.pop(key)
        self._insert(message)
        return given_up

    def _inherit_losses(self, older: Outgoing) -> None:
        """It is the topic that may cost connections: a newer state of it begins no new count."""
        key = self._states[older.topic]
        newer = self._waiting[key]
        self._waiting[key] = newer._replace(losses=max(older.losses, newer.losses))

    def _insert(self, message: Outgoing) -> int:
        self._last_key += 1
        self._waiting[self._last_key] = message
        if message.retain:
            self._states[message.topic] = self._last_key
        return self._last_key


def _branch(topic: str) -> str:
    return "/".join(topic.split("/")[:3])
