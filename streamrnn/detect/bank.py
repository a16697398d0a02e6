"""All streams' models: one row per stream, stepped a micro-batch at a time."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from streamrnn.config import DetectorConfig
from streamrnn.detect import answers, habits, layout
from streamrnn.detect.advance import make_advance
from streamrnn.detect.attendance import LATEST, Attendance, Idleness
from streamrnn.detect.decisions import BankStatus, Decisions, decisions_in, status_in
from streamrnn.detect.device import device_of
from streamrnn.detect.devices import Devices
from streamrnn.detect.jobs import Jobs, past_of
from streamrnn.detect.layout import NUMBERS
from streamrnn.detect.one_reading import Entry, entry
from streamrnn.detect.recipe import COARSE, FINE, INSTALL_AFTER
from streamrnn.detect.retrain import Retrainer, TrainingJob
from streamrnn.detect.row_settings import name_hash, write_limits, write_settings
from streamrnn.detect.silence import INTERVALS, LONG_INTERVALS, Rhythm
from streamrnn.detect.stored import Content, pack, unpack
from streamrnn.detect.table import COLUMNS, SLOT, TIME_IN, VALUE_IN
from streamrnn.detect.weights import initial_parameters

FIRST_CAPACITY = 16


class Bank:
    """The models of all streams.

    Deterministic: the same readings give the same decisions, bit for bit, however they are cut into
    batches and whatever other streams there are. Not thread-safe: one owner.

    names: by slot; "" where the slot is free, which `slots` tells from a stream without a name.
    """

    def __init__(self, config: DetectorConfig, retrainer: Retrainer | None = None) -> None:
        """retrainer: who runs training jobs; without one they run inside `step`."""
        self.config = config
        self.names: list[str] = []
        self._slots: dict[str, int] = {}
        self._free: list[int] = []  # a heap: the lowest is used first
        self._jobs = Jobs(retrainer)
        self._attendance = Attendance(FIRST_CAPACITY)
        self._devices = Devices()
        H = config.hidden
        self._relu = int(config.activation == "relu")
        self._numbers = np.zeros((FIRST_CAPACITY, NUMBERS))
        self._rows = np.zeros((FIRST_CAPACITY, layout.row_size(H)), np.float32)
        self._initial = initial_parameters(H, config.seed)
        self._advance, scratch_size = make_advance(H, self._relu)
        self._scratch = np.zeros(scratch_size, np.float32)

    @property
    def slots(self) -> Mapping[str, int]:
        """The streams there are, with their rows. A view: copy to keep."""
        return MappingProxyType(self._slots)

    def slot(self, stream: str, device: str = "") -> int:
        """The row of a stream; a new one for a new stream. device: what a new one is part of, where
        that is not what its name says: streams of a device share its alarm."""
        found = self._slots.get(stream)
        if found is not None:
            return found
        slot = heapq.heappop(self._free) if self._free else self._new_row()
        self.names[slot] = stream
        self._slots[stream] = slot
        self._begin(slot, device or device_of(stream))
        return slot

    def _new_row(self) -> int:
        slot = len(self.names)
        if slot >= len(self._numbers):
            self._grow()
        self.names.append("")
        return slot

    def _grow(self) -> None:
        self._numbers = _grown(self._numbers)
        self._rows = _grown(self._rows)
        self._attendance.fit(len(self._numbers))

    @property
    def latest(self) -> float:
        """The highest time of any reading so far, seconds since 1970; 0 before the first."""
        return float(self._attendance.clock[LATEST])

    def reset(self, slot: int) -> None:
        """Forgets all that was learned of the stream; it warms up anew."""
        self._begin(slot, self._clear(slot))

    def _begin(self, slot: int, device: str) -> None:
        """With an empty row."""
        numbers, networks = (
            self._numbers[slot],
            layout.networks(self._rows[slot], self.config.hidden),
        )
        networks[[FINE, COARSE], : len(self._initial)] = self._initial
        numbers[[layout.YHAT, layout.YHAT_LOWER, layout.YHAT_UPPER]] = np.nan
        numbers[layout.RECORDS : layout.NEWS] = np.nan
        write_settings(numbers, self.config)
        write_limits(numbers, self.names[slot], self.config.limits)
        # retraining times are spread over streams by name: they must not all come due at once
        numbers[layout.RETRAIN_PHASE] = name_hash(self.names[slot]) / 2**32
        self._devices.join(self._numbers, slot, device)
        self._attendance.arrive(slot)

    def release(self, slot: int) -> None:
        """Forgets the stream, name and all; its row is free for another one."""
        self._clear(slot)
        self._attendance.heard[slot] = 0.0
        del self._slots[self.names[slot]]
        self.names[slot] = ""
        heapq.heappush(self._free, slot)

    def _clear(self, slot: int) -> str:
        """Returns the device that the stream was part of."""
        self._jobs.drop(slot)
        device = self._devices.leave(self._numbers, slot)
        self._numbers[slot] = 0.0
        self._rows[slot] = 0.0
        return device

    def device(self, stream: str) -> str:
        """What the stream is part of, be it known or not."""
        slot = self._slots.get(stream)
        return device_of(stream) if slot is None else self._devices.by_slot[slot]

    def regroup(self, slot: int, device: str) -> None:
        """The stream is part of another device from now on."""
        if self._devices.by_slot[slot] != device:
            self._devices.leave(self._numbers, slot)
            self._devices.join(self._numbers, slot, device)

    def accept(self, slot: int) -> None:
        """What is anomalous now is the new normal, from the next reading on."""
        answers.accept(self._numbers[slot])

    def forgive(self, slot: int) -> None:
        """What just looked anomalous was not, see `answers`."""
        numbers = self._numbers[slot]
        answers.forgive(numbers, self._numbers[int(numbers[layout.LEADER])])

    def step(self, slots: ArrayLike, values: ArrayLike, times: ArrayLike) -> Decisions:
        """Judges readings in order, learning from each after judging it.

        slots, values, times: (n,) rows, readings (finite), seconds since 1970. Slots must come from
        `slot`.
        """
        rows, stamps = np.asarray(slots, np.int64), np.asarray(times, np.float64)
        table = np.empty((len(rows), COLUMNS))
        table[:, SLOT], table[:, VALUE_IN], table[:, TIME_IN] = rows, values, stamps
        self._step_table(table)
        self._attendance.note(rows, stamps)
        return decisions_in(table)

    def _step_table(self, table: NDArray[np.float64]) -> None:
        """`step` in place: (n, COLUMNS), C-contiguous; see `advance` for the columns."""
        n, done = len(table), 0
        while True:
            done = self._advance(self._numbers, self._rows, table, done, self._scratch)
            if done == n:
                return
            self._retrain(int(table[done, SLOT]), float(table[done, TIME_IN]))

    def entry(self, slot: int) -> Entry:
        """A quick `step` for one reading at a time of one stream; `step` must be called for those
        that it does not judge. Void once the bank has a new stream: rows may have moved."""
        return entry(self._advance, self._numbers, self._rows, self._scratch, slot)

    def _retrain(self, slot: int, time: float) -> None:
        """A stream is due: its running job's result is installed, or else a new job is cut."""
        numbers = self._numbers[slot]
        if numbers[layout.INSTALL_AT] > 0.0:
            numbers[layout.INSTALL_AT] = 0.0
            self._install(slot)
            return
        # on in whole periods, so that streams stay spread after a pause of all of them
        every = self.config.retrain_every
        periods = (time - numbers[layout.RETRAIN_AT]) // every + 1.0
        numbers[layout.RETRAIN_AT] += periods * every
        numbers[layout.INSTALL_AT] = numbers[layout.READINGS] + INSTALL_AFTER
        self._jobs.submit(slot, self._cut_job(slot))

    def _cut_job(self, slot: int) -> TrainingJob:
        numbers, row = self._numbers[slot], self._rows[slot]
        H, seed = self.config.hidden, self.config.seed
        return TrainingJob(
            job_id=self._jobs.next_id(),
            H=H,
            relu=self._relu,
            seed=(seed, name_hash(self.names[slot]), int(numbers[layout.READINGS])),
            parameters=layout.networks(row, H)[:, : len(self._initial)].copy(),
            histories=past_of(numbers, row, H),
        )

    def _install(self, slot: int) -> None:
        result = self._jobs.take(slot)
        networks = layout.networks(self._rows[slot], self.config.hidden)
        for c, accepted in enumerate(result.accepted):
            if accepted:
                networks[c, : len(self._initial)] = result.parameters[c]
        counter = layout.RETRAININGS if any(result.accepted) else layout.REJECTED_RETRAININGS
        self._numbers[slot, counter] += 1.0

    def status(self) -> BankStatus:
        return status_in(self._numbers[: len(self.names)], self.config.warm_up)

    def rhythm(self) -> Rhythm:
        """When each stream speaks, one row per slot. Copies."""
        columns = [
            layout.READINGS,
            layout.VALUE,
            layout.TIME,
            layout.INTERVAL,
            layout.LONG_INTERVAL,
            layout.HABITS + habits.BEGUN,
        ]
        return Rhythm._make(self._numbers[: len(self.names), columns].T)

    def pass_time(self, times: ArrayLike) -> None:
        """Readings, in order, of streams for which there was no room: they, too, tell how time
        passes. times: seconds since 1970, (n,)."""
        self._attendance.pass_time(np.asarray(times, np.float64))

    def idleness(self) -> Idleness:
        """Who has not spoken for how long, one row per slot. Copies."""
        interval, long_interval = self._numbers[
            : len(self.names), [layout.INTERVAL, layout.LONG_INTERVAL]
        ].T
        patience = np.maximum(INTERVALS * interval, LONG_INTERVALS * long_interval)
        patience[self._free] = np.inf
        return self._attendance.idleness(patience)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Everything, as copies; waits for running training jobs, about a millisecond each."""
        results, n = self._jobs.results(), len(self.names)
        content = Content(
            names=self.names,
            devices=[self._devices.by_slot.get(slot, "") for slot in range(n)],
            free=sorted(self._free),
            numbers=self._numbers[:n].copy(),
            rows=self._rows[:n].copy(),
            heard=self._attendance.heard[:n].copy(),
            clock=self._attendance.clock.copy(),
            results=results,
        )
        return pack(self.config, content)

    @classmethod
    def from_arrays(
        cls,
        config: DetectorConfig,
        arrays: Mapping[str, NDArray[Any]],
        retrainer: Retrainer | None = None,
    ) -> Bank:
        """The bank that `to_arrays` was called on. StateError when the arrays do not fit."""
        bank = cls(config, retrainer)
        bank._take_up(unpack(config, arrays))
        return bank

    def _take_up(self, content: Content) -> None:
        n = len(content.names)
        while len(self._numbers) < n:
            self._grow()
        self.names = content.names
        self._free = content.free
        free = set(content.free)
        self._slots = {s: slot for slot, s in enumerate(self.names) if slot not in free}
        self._devices = content.membership()
        self._numbers[:n] = content.numbers
        self._rows[:n] = content.rows
        self._attendance.heard[:n] = content.heard
        self._attendance.clock[:] = content.clock
        self._jobs.restore(content.results)
        used = list(self._slots.values())
        numbers = self._numbers[used]
        write_settings(numbers, self.config)
        self._numbers[used] = numbers
        for stream, slot in self._slots.items():
            write_limits(self._numbers[slot], stream, self.config.limits)


def _grown(array: NDArray[Any]) -> NDArray[Any]:
    """The same rows with room for as many again; the room takes no memory before it is used."""
    grown = np.zeros((2 * len(array), array.shape[1]), array.dtype)
    grown[: len(array)] = array
    return grown
