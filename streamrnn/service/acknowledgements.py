"""When the broker may forget a message: not before its consequences are on disk."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from enum import StrEnum
from typing import Final, NamedTuple, Protocol

import msgspec

from streamrnn.records import Message

_SHORT_BYTES: Final = 1000


class Mode(StrEnum):
    """What a message that was acknowledged is known to have left on disk.

    EXACT: a checkpoint of the state that it led to, so that a crash neither loses nor repeats it.
    RELAXED: its alerts. What it taught the model since the last checkpoint is lost in a crash.
    """

    EXACT = "exact"
    RELAXED = "relaxed"


class Acknowledger(Protocol):
    """The part of `MqttLink` that acknowledgements need."""

    def acknowledge(self, messages: Sequence[Message]) -> None: ...


class _Batch(NamedTuple):
    messages: list[Message]  # of QoS 1
    alerts: int  # position in the outbox up to which the alerts must be on disk


def _receipt(message: Message) -> Message:
    """Without its payload, if that is long: thousands may wait, and only ids are of use."""
    if len(message.payload) <= _SHORT_BYTES:
        return message
    return msgspec.structs.replace(message, payload=b"")


class Acknowledgements:
    """Messages that were applied and wait for the disk, in the order of their arrival.

    Belongs to the loop. mode: may be changed at any time, and counts from the next `settle` on.
    """

    def __init__(self, link: Acknowledger) -> None:
        self.mode = Mode.EXACT  # until somebody decides: the first batch may come before
        self.held = 0
        """Messages of the present connection that wait."""
        self.total = 0
        """Messages of QoS 1 since the start."""
        self._link = link
        self._waiting: deque[_Batch] = deque()
        self._in_checkpoint = 0  # how many of `_waiting`, from the left
        self._epoch = 0

    def applied(self, messages: Sequence[Message], alerts: int) -> None:
        """These were dealt with, in this order. alerts: position of the latest event so far."""
        batch = _Batch([_receipt(message) for message in messages if message.qos], alerts)
        if not batch.messages:
            return
        self.total += len(batch.messages)
        epoch = batch.messages[-1].epoch
        if epoch != self._epoch:  # the broker sends again what was waiting before
            self._epoch = epoch
            self._waiting.clear()
            self.held = self._in_checkpoint = 0
        self._waiting.append(batch)
        self.held += len(batch.messages)

    def checkpoint_begun(self) -> None:
        """The checkpoint that begins now holds all that has been applied."""
        self._in_checkpoint = len(self._waiting)

    def checkpoint_saved(self) -> None:
        """It and the alerts up to it are on disk."""
        self._release(self._in_checkpoint)

    def settle(self, durable: int) -> None:
        """Acknowledge what needs no checkpoint. durable: position up to which alerts are on disk.

        In the order of arrival, as MQTT demands: what comes after an alert waits with it.
        """
        if self.mode is Mode.EXACT:
            return
        ready = 0
        for batch in self._waiting:
            if batch.alerts > durable:
                break
            ready += 1
        self._release(ready)

    def _release(self, batches: int) -> None:
        for _ in range(batches):
            messages, _alerts = self._waiting.popleft()
            self.held -= len(messages)
            self._link.acknowledge(messages)
        self._in_checkpoint = max(0, self._in_checkpoint - batches)
