"""The way of a reading: messages from the link through the detector to events, batch by batch.

The hot path. Per message: one look at its topic, its decoding, one dictionary look-up per reading.
Everything else is once per batch, so a flood makes the batches longer and the readings cheaper.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from streamrnn.config import GroupConfig
from streamrnn.detect import Bank
from streamrnn.detect.device import device_of
from streamrnn.detect.topics import GatewayTopics
from streamrnn.ingest import Ingest
from streamrnn.records import Event, Message, Outcome, Readings, Reason
from streamrnn.service import failpoint
from streamrnn.service.acknowledgements import Acknowledgements
from streamrnn.service.commands import CommandDesk
from streamrnn.service.failpoint import Failpoint
from streamrnn.service.logs import RateLimited
from streamrnn.service.orphans import Orphans
from streamrnn.service.outbox import AlertOutbox
from streamrnn.service.shedding import Rememberer, Shedding
from streamrnn.service.sinks import Judged, ReadingSink, Sink
from streamrnn.service.state import State

log = logging.getLogger("streamrnn.loop")

_SET_THE_CLOCK: Final = "taken at its arrival; set the clock that is wrong, ours or the sensor's"
_LATE: Final = int(Outcome.LATE)  # quicker to compare with than the enum; DUPLICATE is above it
Listener = Callable[[Message], None]
_NOBODY: Final[Mapping[str, Listener]] = MappingProxyType({})
MOST_MESSAGES: Final = 1000  # per batch: a few milliseconds of work


class Inlet(Protocol):
    """The part of `MqttLink` that the loop needs."""

    @property
    def session_epoch(self) -> int: ...

    def take(self, max_items: int, timeout: float) -> list[Message]: ...


class _Slots(dict[str, int]):
    """Slot by name of stream; asks the bank for a name that it does not know."""

    def __init__(
        self, bank: Bank, device_of: Callable[[str], str], complaints: RateLimited
    ) -> None:
        super().__init__(bank.slots)
        self._bank = bank
        self._device_of = device_of
        self._complaints = complaints

    def __missing__(self, stream: str) -> int:
        slot = self[stream] = self._bank.slot(stream, self._device_of(stream))
        data = {"stream": stream, "streams": len(self._bank.slots)}
        self._complaints.log(logging.INFO, "new_stream", "new_stream", data)
        return slot


class Loop:
    """The one owner of bank and tracker: all methods are called from one thread.

    messages_total, readings_total, dropped: since the start; readings that were late or double are
    dropped, not counted as readings. version: grows whenever there is something new to save.
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
        *,
        outbox: AlertOutbox,
        acknowledgements: Acknowledgements,
        reading_sinks: Sequence[ReadingSink] = (),
        listeners: Mapping[str, Listener] = _NOBODY,
        groups: Sequence[GroupConfig] = (),
        rememberers: Sequence[Rememberer] = (),
        at: Failpoint = failpoint.nothing,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """listeners: who wants the messages on a topic, which then hold no readings. groups: which
        streams are one device. rememberers: who keeps something of each stream beside the state."""
        self.ingest = ingest
        self.state = state
        self.acknowledgements = acknowledgements
        self.version = 0
        self.messages_total = 0
        self.readings_total = 0
        self.dropped: Counter[Reason] = Counter()
        self._inlet = inlet
        self._sinks = sinks
        self._reading_sinks = reading_sinks
        self._listeners = listeners
        self._desk = desk
        self._complaints = complaints
        self._command_prefix = topics.commands
        self._groups = groups
        self._slots = _Slots(state.bank, self._device_of, complaints)
        self._outbox = outbox
        self._merges_reported = 0
        self._orphans = Orphans(outbox.open_events(), state.tracker)
        self.shedding = Shedding(state, complaints)
        self._rememberers = rememberers
        self._at = at
        self._clock = clock
        self._listening_since = clock()
        state.tracker.ask_for_devices(state.bank.device)

    def turn(self, timeout: float) -> int:
        """Deal with what has arrived, or arrives within `timeout` seconds. Returns the number of
        messages; they are acknowledged when what follows from them is on disk."""
        messages = self._inlet.take(MOST_MESSAGES, timeout)
        if messages:
            self._deal_with(messages)
            self._at(failpoint.HELD)
        told = self._outbox.last if self._outbox.problem else self._outbox.durable
        self.acknowledgements.settle(told)
        return len(messages)

    def look_for_silence(self, *, listening: bool) -> None:
        """Tell which streams have been silent for too long. listening: whether readings can reach
        us; while they cannot, silence says nothing about the streams."""
        now = self._clock()
        if not listening:
            self._listening_since = now
            return
        bank, tracker = self.state.bank, self.state.tracker
        events = tracker.tick(bank.names, bank.rhythm(), now, self._listening_since)
        if events:
            self.version += 1
            self._emit(events)

    def _deal_with(self, messages: Sequence[Message]) -> None:
        readings = Readings([], [], [])
        ingest, command_prefix = self.ingest, self._command_prefix
        decode, rejects = ingest.decode, ingest.last_rejects
        listeners = self._listeners
        redeliveries = self.state.redeliveries
        waiting = self.acknowledgements.held
        for message in redeliveries.unseen(messages, self._inlet.session_epoch, waiting):
            if message.topic.startswith(command_prefix):
                self._apply(readings)
                readings = Readings([], [], [])
                self._obey(message)
            elif message.topic in listeners:
                listeners[message.topic](message)
            else:
                decode(message, readings)
                if rejects and ingest.lacks_room:
                    readings = self._make_room(readings)
        self._apply(readings)
        self.dropped[Reason.REDELIVERED] = redeliveries.total
        if self.ingest.last_rejects:
            self._report_rejects()
        if self.ingest.last_disbelieved:
            self._report_disbelieved()
        if len(self.ingest.merged) != self._merges_reported:
            self._report_merges()
        self.messages_total += len(messages)
        self.version += 1
        self.acknowledgements.applied(messages, self._outbox.last)

    def _apply(self, readings: Readings) -> None:
        if not readings.streams:
            return
        bank, tracker = self.state.bank, self.state.tracker
        slots = np.array(list(map(self._slots.__getitem__, readings.streams)), np.int64)
        values, times = np.array(readings.values), np.array(readings.times)
        decisions = bank.step(slots, values, times)
        applied = len(slots)
        unapplied = (decisions.outcome >= _LATE).nonzero()[0]
        if unapplied.size:
            applied -= unapplied.size
            self._count_unapplied(readings, decisions.outcome, unapplied)
        self.readings_total += applied
        self._at(failpoint.APPLIED)
        for sink in self._reading_sinks:
            sink.take(Judged(readings.streams, slots, values, times, decisions))
        events = tracker.observe(bank.names, slots, values, times, decisions, self._clock())
        if self._orphans:
            applied_rows = (decisions.outcome < _LATE).tolist()
            events = self._orphans.ends(readings, applied_rows, events) + events
        self._emit(events)

    def _make_room(self, readings: Readings) -> Readings:
        """Streams were refused for want of room: idle ones give way, so that the next reading of
        those finds it. Returns the readings that are still to be applied."""
        ingest, bank = self.ingest, self.state.bank
        lacking = ingest.take_lacking()
        self._apply(readings)  # who has just spoken is not idle
        bank.pass_time(lacking.times)
        self._report_merges()
        for stream, slot, event in self.shedding.shed(lacking.streams):
            ingest.forget(stream)
            self._slots.pop(stream, None)
            orphan = self._orphans.give_up(stream, bank.latest)
            self._emit([each for each in (event, orphan) if each is not None])
            for rememberer in self._rememberers:  # after the end, which they are told as sinks
                rememberer.forget(stream, slot)
        self._merges_reported = len(ingest.merged)
        return Readings([], [], [])

    def _device_of(self, stream: str) -> str:
        info = self.ingest.infos.get(stream)
        return device_of(stream, info.device if info else "", self._groups)

    def _obey(self, message: Message) -> None:
        event = self._desk.carry_out(message)
        if event is not None:
            self._emit([event])

    def _emit(self, events: Sequence[Event]) -> None:
        if not events:
            return
        self._outbox.append(events)
        self._at(failpoint.QUEUED)
        for event in events:
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

    def _report_merges(self) -> None:
        for stream, merge in list(self.ingest.merged.items())[self._merges_reported :]:
            data = {"stream": stream, "first": merge.first, "second": merge.second}
            self._complaints.log(logging.WARNING, "streams_merged", "streams_merged", data)
        self._merges_reported = len(self.ingest.merged)

    def _report_rejects(self) -> None:
        for reject in self.ingest.last_rejects:
            if reject.reason is Reason.METADATA:
                continue  # as it should be
            data = {"reason": reject.reason.value, "topic": reject.topic, "detail": reject.detail}
            self._complaints.log(logging.WARNING, "dropped", reject.reason, data)
        self.ingest.last_rejects.clear()

    def _report_disbelieved(self) -> None:
        for stamp in self.ingest.last_disbelieved:
            data = {"topic": stamp.topic, "detail": stamp.detail, "remedy": _SET_THE_CLOCK}
            self._complaints.log(logging.WARNING, "stamp_not_believed", "stamp_not_believed", data)
        self.ingest.last_disbelieved.clear()
