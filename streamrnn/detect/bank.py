"""All streams' models: one row per stream, stepped a micro-batch at a time."""

from __future__ import annotations

import functools
import json
import zlib
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from streamrnn.config import DetectorConfig
from streamrnn.detect import fault, layout
from streamrnn.detect.advance import (
    ACCEPTED,
    ALARM,
    COLUMNS,
    KIND,
    LOWER_OUT,
    OUTCOME,
    SCORE_OUT,
    SLOT,
    TIME_IN,
    UPPER_OUT,
    VALUE_IN,
    YHAT_OUT,
    make_advance,
)
from streamrnn.detect.layout import NUMBERS
from streamrnn.detect.network import gather_inputs
from streamrnn.detect.recipe import (
    BLOCK_READINGS,
    CALIBRATION_STEP,
    COARSE,
    FINE,
    INPUTS,
    INSTALL_AFTER,
    REFRACTORY,
)
from streamrnn.detect.retrain import (
    History,
    InlineRetrainer,
    Retrainer,
    TrainingJob,
    TrainingResult,
)
from streamrnn.detect.silence import Rhythm
from streamrnn.detect.weights import initial_parameters
from streamrnn.errors import StateError
from streamrnn.kernels.jit import compiled_for

FIRST_CAPACITY = 16


class Decisions(NamedTuple):
    """The judgement of n readings, in columns; see `records.Decision`."""

    outcome: NDArray[np.uint8]  # records.Outcome
    score: NDArray[np.float64]
    kind: NDArray[np.uint8]  # records.Kind
    alarm: NDArray[np.bool_]  # raised at this reading
    yhat: NDArray[np.float64]  # NaN: no forecast
    yhat_lower: NDArray[np.float64]
    yhat_upper: NDArray[np.float64]
    accepted: NDArray[np.bool_]  # what was anomalous is the new normal from this reading on


class BankStatus(NamedTuple):
    """What is known of each stream, one row per slot. Copies."""

    readings: NDArray[np.int64]  # applied
    warm_up_left: NDArray[np.int64]  # readings until the model judges; 0: active
    value: NDArray[np.float64]  # of the last applied reading
    time: NDArray[np.float64]
    score: NDArray[np.float64]
    yhat: NDArray[np.float64]  # forecast made before it; NaN: none
    yhat_lower: NDArray[np.float64]
    yhat_upper: NDArray[np.float64]
    interval: NDArray[np.float64]  # learned reading interval, seconds; NaN until known
    skill_ratio: NDArray[np.float64]  # network's error / persistence's; NaN until known
    retrainings: NDArray[np.int64]
    rejected_retrainings: NDArray[np.int64]


class Bank:
    """The models of all streams.

    Deterministic: the same readings give the same decisions, bit for bit, however they are cut into
    batches and whatever other streams there are. Not thread-safe: one owner.
    """

    def __init__(self, config: DetectorConfig, retrainer: Retrainer | None = None) -> None:
        """retrainer: who runs training jobs; without one they run inside `step`."""
        self.config = config
        self.names: list[str] = []
        self._slots: dict[str, int] = {}
        self._retrainer: Retrainer = retrainer or InlineRetrainer()
        self._jobs: dict[int, TrainingJob] = {}  # running, by slot
        self._results: dict[int, TrainingResult] = {}  # waited for early, by slot
        self._cut = 0  # jobs so far
        H = config.hidden
        self._relu = int(config.activation == "relu")
        self._arrays = layout.arrays(H)
        self._numbers = np.zeros((FIRST_CAPACITY, NUMBERS))
        self._rows = np.zeros((FIRST_CAPACITY, layout.row_size(H)), np.float32)
        self._initial = initial_parameters(H, config.seed)
        self._advance, scratch_size = make_advance(H, self._relu)
        self._scratch = np.zeros(scratch_size, np.float32)

    def slot(self, stream: str) -> int:
        """The row of a stream; a new one for a new stream."""
        found = self._slots.get(stream)
        if found is not None:
            return found
        slot = len(self.names)
        if slot >= len(self._numbers):
            self._numbers = _grown(self._numbers)
            self._rows = _grown(self._rows)
        self.names.append(stream)
        self._slots[stream] = slot
        self.reset(slot)
        return slot

    def reset(self, slot: int) -> None:
        """Forgets all that was learned of the stream; it warms up anew."""
        self._await_result(slot)
        self._results.pop(slot, None)
        numbers, row = self._numbers[slot], self._rows[slot]
        numbers[:] = 0.0
        row[:] = 0.0
        for c in (FINE, COARSE):
            at = c * self._arrays.size + self._arrays.parameters
            row[at : at + len(self._initial)] = self._initial
        numbers[[layout.YHAT, layout.YHAT_LOWER, layout.YHAT_UPPER]] = np.nan
        # retraining times are spread over streams by name: they must not all come due at once
        self._set(numbers)
        numbers[[layout.LOW_LIMIT, layout.HIGH_LIMIT]] = self._limits_of(self.names[slot])
        numbers[layout.RETRAIN_PHASE] = _name_hash(self.names[slot]) / 2**32

    def _set(self, numbers: NDArray[np.float64]) -> None:
        """Writes the settings into rows, which may have been stored under others."""
        every = self.config.retrain_every
        numbers[..., layout.WARM_UP] = self.config.warm_up
        numbers[..., layout.RETRAIN_EVERY] = every
        adapt_after = self.config.adapt_after
        numbers[..., layout.ADAPT_AFTER] = np.inf if adapt_after == "on_ack" else adapt_after
        allowed = self.config.false_alarms
        numbers[..., layout.ALLOWED_SECONDS] = 0.0 if allowed == "auto" else allowed
        if allowed == "auto":
            numbers[..., layout.LOG_THRESHOLD] = 0.0
        set_before = numbers[..., layout.RETRAIN_AT] > 0.0
        latest = np.where(set_before, numbers[..., layout.TIME] + every, 0.0)
        numbers[..., layout.RETRAIN_AT] = np.where(
            every < np.inf, np.minimum(numbers[..., layout.RETRAIN_AT], latest), latest
        )

    def _limits_of(self, stream: str) -> tuple[float, float]:
        """The narrowest of all that are set for it."""
        low, high = -np.inf, np.inf
        for limits in self.config.limits:
            if any(fnmatchcase(stream, pattern) for pattern in limits.streams):
                low = max(low, -np.inf if limits.low is None else limits.low)
                high = min(high, np.inf if limits.high is None else limits.high)
        return low, high

    def accept(self, slot: int) -> None:
        """What is anomalous now is the new normal, from the next reading on."""
        since = layout.FAULT + fault.SINCE
        if self._numbers[slot, since] != 0.0:
            self._numbers[slot, since] = -np.inf  # longer than any ADAPT_AFTER

    def forgive(self, slot: int) -> None:
        """What just looked anomalous was not: it is accepted, the pause after the alarm begins
        anew, and where the threshold follows false alarms, it follows this one once more."""
        self.accept(slot)
        numbers = self._numbers[slot]
        if numbers[layout.ALLOWED_SECONDS] > 0.0:
            numbers[layout.LOG_THRESHOLD] += CALIBRATION_STEP
        if numbers[layout.REFRACTORY_LEFT] > 0.0:
            numbers[layout.REFRACTORY_LEFT] = REFRACTORY
        numbers[layout.SCORE] = 0.0

    def step(self, slots: ArrayLike, values: ArrayLike, times: ArrayLike) -> Decisions:
        """Judges readings in order, learning from each after judging it.

        slots, values, times: (n,) rows, readings (finite), seconds since 1970. Slots must come from
        `slot`.
        """
        table = np.empty((len(np.asarray(slots)), COLUMNS))
        table[:, SLOT], table[:, VALUE_IN], table[:, TIME_IN] = slots, values, times
        self.step_table(table)
        return Decisions(
            outcome=table[:, OUTCOME].astype(np.uint8),
            score=table[:, SCORE_OUT].copy(),
            kind=table[:, KIND].astype(np.uint8),
            alarm=table[:, ALARM] != 0.0,
            yhat=table[:, YHAT_OUT].copy(),
            yhat_lower=table[:, LOWER_OUT].copy(),
            yhat_upper=table[:, UPPER_OUT].copy(),
            accepted=table[:, ACCEPTED] != 0.0,
        )

    def step_table(self, table: NDArray[np.float64]) -> None:
        """`step` in place: (n, COLUMNS), C-contiguous; see `advance` for the columns."""
        n, done = len(table), 0
        while True:
            done = self._advance(self._numbers, self._rows, table, done, self._scratch)
            if done == n:
                return
            self._retrain(int(table[done, SLOT]), float(table[done, TIME_IN]))

    def bound(self, table: NDArray[np.float64]) -> Callable[[], int]:
        """A quick `step_table` for a table that is filled anew for every call. It returns how many
        rows it applied; if not all, `step_table` must be called for the rest.

        Void once the bank has a new stream: rows may have moved.
        """
        compiled = compiled_for(
            self._advance, self._numbers, self._rows, table[:0], 0, self._scratch
        )
        return functools.partial(compiled, self._numbers, self._rows, table, 0, self._scratch)

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
        job = self._cut_job(slot)
        self._jobs[slot] = job
        self._retrainer.submit(job)

    def _cut_job(self, slot: int) -> TrainingJob:
        numbers, networks = self._numbers[slot], self._networks(slot)
        self._cut += 1
        seed = (self.config.seed, _name_hash(self.names[slot]), int(numbers[layout.READINGS]))
        fine, coarse = (self._history(slot, c) for c in (FINE, COARSE))
        return TrainingJob(
            job_id=self._cut,
            H=self.config.hidden,
            relu=self._relu,
            seed=seed,
            parameters=networks[:, : len(self._initial)].copy(),
            histories=(fine, coarse),
        )

    def _history(self, slot: int, c: int) -> History:
        numbers = self._numbers[slot]
        end = self._arrays.x + int(numbers[layout.channel(c) + layout.LENGTH])
        # no fault is learned: what was before the end of the last one is left out
        clean = numbers[layout.READINGS] - numbers[layout.FAULT + fault.CLEAN_FROM]
        steps = int(clean / BLOCK_READINGS) if c == COARSE else int(clean)
        length = min(end - self._arrays.x, steps)
        values = self._networks(slot)[c, end - length : end]
        targets = np.append(values[1:], np.float32(np.nan))
        inputs = np.zeros((length, INPUTS), np.float32)
        block, seconds = numbers[layout.BLOCK_INDEX], numbers[layout.BLOCK_SECONDS]
        gather_inputs(inputs.reshape(-1), c, values, 0, length - 1, length, block, seconds)
        return History(inputs, targets)

    def _networks(self, slot: int) -> NDArray[np.float32]:
        """(2, size) the arrays of both channels; a view."""
        return self._rows[slot, : 2 * self._arrays.size].reshape(2, -1)

    def _install(self, slot: int) -> None:
        self._await_result(slot)
        result = self._results.pop(slot)
        networks = self._networks(slot)
        for c, accepted in enumerate(result.accepted):
            if accepted:
                networks[c, : len(self._initial)] = result.parameters[c]
        counter = layout.RETRAININGS if any(result.accepted) else layout.REJECTED_RETRAININGS
        self._numbers[slot, counter] += 1.0

    def _await_result(self, slot: int) -> None:
        job = self._jobs.pop(slot, None)
        if job is not None:
            self._results[slot] = self._retrainer.result(job)

    def status(self) -> BankStatus:
        numbers = self._numbers[: len(self.names)]
        readings = numbers[:, layout.READINGS]
        fine = layout.channel(FINE)
        with np.errstate(divide="ignore", invalid="ignore"):
            skill = numbers[:, layout.NETWORK_ERROR] / numbers[:, layout.PERSISTENCE_ERROR]
        known = (numbers[:, fine + layout.SCORED] > 0) & np.isfinite(skill)
        interval = numbers[:, layout.INTERVAL]
        return BankStatus(
            readings=readings.astype(np.int64),
            warm_up_left=np.maximum(self.config.warm_up - readings, 0).astype(np.int64),
            value=numbers[:, layout.VALUE].copy(),
            time=numbers[:, layout.TIME].copy(),
            score=numbers[:, layout.SCORE].copy(),
            yhat=numbers[:, layout.YHAT].copy(),
            yhat_lower=numbers[:, layout.YHAT_LOWER].copy(),
            yhat_upper=numbers[:, layout.YHAT_UPPER].copy(),
            interval=np.where(interval > 0.0, interval, np.nan),
            skill_ratio=np.where(known, skill, np.nan),
            retrainings=numbers[:, layout.RETRAININGS].astype(np.int64),
            rejected_retrainings=numbers[:, layout.REJECTED_RETRAININGS].astype(np.int64),
        )

    def rhythm(self) -> Rhythm:
        """When each stream speaks, one row per slot. Copies."""
        columns = [
            layout.READINGS,
            layout.VALUE,
            layout.TIME,
            layout.INTERVAL,
            layout.LONG_INTERVAL,
        ]
        return Rhythm._make(self._numbers[: len(self.names), columns].T)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Everything, as copies; waits for running training jobs, about a millisecond each."""
        for slot in list(self._jobs):
            self._await_result(slot)
        n, P = len(self.names), len(self._initial)
        pending = sorted(self._results.items())
        results = [result.parameters for _, result in pending]
        return {
            "names": np.frombuffer(json.dumps(self.names).encode(), np.uint8),
            "model": _model_key(self.config),
            "numbers": self._numbers[:n].copy(),
            "rows": self._rows[:n].copy(),
            "pending_slots": np.array([slot for slot, _ in pending], np.int64),
            "pending_parameters": np.array(results, np.float32).reshape(-1, 2, P),
            "pending_accepted": np.array([r.accepted for _, r in pending], bool).reshape(-1, 2),
        }

    @classmethod
    def from_arrays(
        cls,
        config: DetectorConfig,
        arrays: Mapping[str, NDArray[Any]],
        retrainer: Retrainer | None = None,
    ) -> Bank:
        """The bank that `to_arrays` was called on. StateError when the arrays do not fit."""
        bank = cls(config, retrainer)
        try:
            if not np.array_equal(arrays["model"], _model_key(config)):
                raise StateError(
                    "the stored state was made with other detector settings or by another version: "
                    "set [detector] cell, hidden and activation as they were, or start afresh"
                )
            names = json.loads(arrays["names"].tobytes())
            n = len(names)
            numbers, rows = arrays["numbers"], arrays["rows"]
            if numbers.shape != (n, NUMBERS) or rows.shape != (n, bank._rows.shape[1]):
                raise StateError("the stored state has rows of another size: start afresh")
            if not all(isinstance(name, str) for name in names) or len(set(names)) < n:
                raise StateError("the stored state names its streams wrongly: start afresh")
            running = np.flatnonzero(numbers[:, layout.INSTALL_AT] > 0.0)
            if not np.array_equal(running, np.sort(arrays["pending_slots"])):
                raise StateError("the stored state lacks a result of retraining: start afresh")
            for name in names:
                bank.slot(name)
            pending = zip(
                arrays["pending_slots"].tolist(),
                arrays["pending_parameters"],
                arrays["pending_accepted"].tolist(),
                strict=True,
            )
            for slot, parameters, (fine, coarse) in pending:
                bank._results[slot] = TrainingResult(0, parameters.copy(), (fine, coarse))
        except (KeyError, ValueError) as error:
            raise StateError(f"the stored state is incomplete or damaged: {error}") from error
        bank._numbers[:n] = numbers
        bank._rows[:n] = rows
        bank._set(bank._numbers[:n])
        for slot, name in enumerate(names):
            limits = bank._limits_of(name)
            bank._numbers[slot, [layout.LOW_LIMIT, layout.HIGH_LIMIT]] = limits
        return bank


def _model_key(config: DetectorConfig) -> NDArray[np.int64]:
    """What must be equal for stored state to fit: layout and network."""
    return np.array([layout.VERSION, config.hidden, config.activation == "relu"], np.int64)


def _name_hash(name: str) -> int:
    return zlib.crc32(name.encode("utf-8", "surrogatepass"))


def _grown(array: NDArray[Any]) -> NDArray[Any]:
    """The same rows with room for as many again; the room takes no memory before it is used."""
    grown = np.zeros((2 * len(array), array.shape[1]), array.dtype)
    grown[: len(array)] = array
    return grown
