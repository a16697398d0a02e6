"""The way of a reading: messages from the link through the detector to events, batch by batch.

The hot path. Per message: one look at its topic, its decoding, one dictionary look-up per reading.
Everything else is once per batch, so a flood makes the batches longer and the readings cheaper.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from streamrnn.detect import Bank
from streamrnn.detect.topics import GatewayTopics
from streamrnn.ingest import Ingest
from streamrnn.records import Event, Message, Outcome, Readings, Reason
from streamrnn.service.commands import CommandDesk
from streamrnn.service.logs import RateLimited
from streamrnn.service.redelivery import Redeliveries
from streamrnn.service.sinks import Sink
from streamrnn.service.state import State

log = logging.getLogger("streamrnn.loop")

_LATE: Final = int(Outcome.LATE)  # quicker to compare with than the enum; DUPLICATE is above it
MOST_MESSAGES: Final = 1000  # per batch: a few milliseconds of work


class Inlet(Protocol):
    """The part of `MqttLink` that the loop needs."""

    @property
    def session_epoch(self) -> int: ...

    def take(self, max_items: int, timeout: float) -> list[Message]: ...

    def acknowledge(self, messages: Sequence[Message]) -> None: ...


class _Slots(dict[str, int]):
    """Slot by name of stream; asks the bank for a name that it does not know."""

    def __init__(self, bank: Bank, complaints: RateLimited) -> None:
        super().__init__((name, slot) for slot, name in enumerate(bank.names))
        self._bank = bank
        self._complaints = complaints

    def __missing__(self, stream: str) -> int:
        slot = self[stream] = self._bank.slot(stream)
        data = {"stream": stream, "streams": len(self._bank.names)}
        self._complaints.log(logging.INFO, "new_stream", "new_stream", data)
        return slot


class Loop:
    """The one owner of bank and tracker: all methods are called from one thread.

    messages_total, readings_total, dropped: since the start; readings that were late or double are
    dropped, not counted as readings.
    """

    def __init__(
        self,
        inlet: Inlet,
        ingest: Ingest,
        state: State,
        sinks: Sequence[Sink],
        desk: CommandDesk,
        complaints: RateLimited,
        topics: GatewayTopics,
    ) -> None:
        self.ingest = ingest
        self.state = state
        self.messages_total = 0
        self.readings_total = 0
        self.dropped: Counter[Reason] = Counter()
        self._inlet = inlet
        self._sinks = sinks
        self._desk = desk
        self._complaints = complaints
        self._command_prefix = topics.commands
        self._slots = _Slots(state.bank, complaints)
        self._redeliveries = Redeliveries()

    def turn(self, timeout: float) -> int:
        """Deal with what has arrived, or arrives within `timeout` seconds. Messages are
        acknowledged when all that follows from them has been done. Returns their number."""
        messages = self._inlet.take(MOST_MESSAGES, timeout)
        if not messages:
            return 0
        readings = Readings([], [], [])
        decode, command_prefix = self.ingest.decode, self._command_prefix
        for message in self._redeliveries.unseen(messages, self._inlet.session_epoch):
            if message.topic.startswith(command_prefix):
                self._apply(readings)
                readings = Readings([], [], [])
                self._obey(message)
            else:
                decode(message, readings)
        self._apply(readings)
        self.dropped[Reason.REDELIVERED] = self._redeliveries.total
        if self.ingest.last_rejects:
            self._report_rejects()
        self.messages_total += len(messages)
        self._inlet.acknowledge(messages)
        return len(messages)

    def _apply(self, readings: Readings) -> None:
        if not readings.streams:
            return
        bank, tracker = self.state
        slots = np.array(list(map(self._slots.__getitem__, readings.streams)), np.int64)
        values, times = np.array(readings.values), np.array(readings.times)
        decisions = bank.step(slots, values, times)
        applied = len(slots)
        unapplied = (decisions.outcome >= _LATE).nonzero()[0]
        if unapplied.size:
            applied -= unapplied.size
            self._count_unapplied(readings, decisions.outcome, unapplied)
        self.readings_total += applied
        for event in tracker.observe(bank.names, slots, values, times, decisions):
            self._emit(event)

    def _obey(self, message: Message) -> None:
        event = self._desk.carry_out(message)
        if event is not None:
            self._emit(event)

    def _emit(self, event: Event) -> None:
        for sink in self._sinks:
            sink.emit(event)

    def _count_unapplied(
        self, readings: Readings, outcomes: NDArray[np.uint8], unapplied: NDArray[np.intp]
    ) -> None:
        late = int(np.count_nonzero(outcomes[unapplied] == _LATE))
        self.dropped[Reason.LATE] += late
        self.dropped[Reason.DUPLICATE] += len(unapplied) - late
        for row in unapplied.tolist():
            if outcomes[row] == _LATE:  # duplicates are what QoS 1 promises
                data = {"reason": Reason.LATE.value, "stream": readings.streams[row]}
                self._complaints.log(logging.WARNING, "dropped", Reason.LATE, data)

    def _report_rejects(self) -> None:
        for reject in self.ingest.last_rejects:
            data = {"reason": reject.reason.value, "topic": reject.topic, "detail": reject.detail}
            self._complaints.log(logging.WARNING, "dropped", reject.reason, data)
        self.ingest.last_rejects.clear()
