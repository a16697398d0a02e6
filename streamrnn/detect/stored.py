"""A bank as arrays, for a checkpoint: what they are called, and that they belong together."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from streamrnn.config import DetectorConfig
from streamrnn.detect import layout
from streamrnn.detect.attendance import CLOCK
from streamrnn.detect.devices import Devices
from streamrnn.detect.retrain import TrainingResult
from streamrnn.errors import StateError


class Content(NamedTuple):
    """Everything that a bank remembers, one row per slot.

    names, devices: anything where the slot is free. results: of training jobs, not installed yet,
    by slot.
    """

    names: list[str]
    devices: list[str]
    free: list[int]  # slots
    numbers: NDArray[np.float64]  # (n, NUMBERS)
    rows: NDArray[np.float32]  # (n, row_size(H))
    heard: NDArray[np.float64]  # (n,)
    clock: NDArray[np.float64]  # (CLOCK,), see `attendance`
    results: dict[int, TrainingResult]

    def membership(self) -> Devices:
        free = set(self.free)
        return Devices.of({i: name for i, name in enumerate(self.devices) if i not in free})


def pack(config: DetectorConfig, content: Content) -> dict[str, NDArray[Any]]:
    """Arrays by name. Those of `content` are not copied."""
    P = layout.parameter_count(config.hidden)
    results = content.results.values()
    return {
        "names": _text(content.names),
        "devices": _text(content.devices),
        "free": np.array(content.free, np.int64),
        "model": _model_key(config),
        "numbers": content.numbers,
        "rows": content.rows,
        "heard": content.heard,
        "clock": content.clock,
        "pending_slots": np.array(list(content.results), np.int64),
        "pending_parameters": np.array([r.parameters for r in results], np.float32).reshape(
            -1, 2, P
        ),
        "pending_accepted": np.array([r.accepted for r in results], bool).reshape(-1, 2),
    }


def unpack(config: DetectorConfig, arrays: Mapping[str, NDArray[Any]]) -> Content:
    """What was packed. StateError when the arrays do not fit the settings or each other."""
    try:
        if not np.array_equal(arrays["model"], _model_key(config)):
            raise StateError(
                "the stored state was made with other detector settings or by another version: "
                "set [detector] cell, hidden and activation as they were, or start afresh"
            )
        content = Content(
            names=json.loads(arrays["names"].tobytes()),
            devices=json.loads(arrays["devices"].tobytes()),
            free=arrays["free"].tolist(),
            numbers=arrays["numbers"],
            rows=arrays["rows"],
            heard=arrays["heard"],
            clock=arrays["clock"],
            results=_results(arrays),
        )
    except (KeyError, ValueError) as error:
        raise StateError(
            f"the stored state is incomplete or damaged, start afresh: {error}"
        ) from error
    _check(content, config.hidden)
    return content


def _text(names: list[str]) -> NDArray[np.uint8]:
    return np.frombuffer(json.dumps(names).encode(), np.uint8)


def _results(arrays: Mapping[str, NDArray[Any]]) -> dict[int, TrainingResult]:
    pending = zip(
        arrays["pending_slots"].tolist(),
        arrays["pending_parameters"],
        arrays["pending_accepted"].tolist(),
        strict=True,
    )
    return {
        slot: TrainingResult(0, parameters.copy(), (fine, coarse))
        for slot, parameters, (fine, coarse) in pending
    }


def _check(content: Content, H: int) -> None:
    """StateError when there is anything that `pack` cannot have written."""
    names, numbers = content.names, content.numbers
    n = len(names)
    rows_fit = numbers.shape == (n, layout.NUMBERS) and content.rows.shape[1:] == (
        layout.row_size(H),
    )
    if not rows_fit or len(content.rows) != n or len(content.heard) != n:
        raise StateError("the stored state has rows of another size: start afresh")
    if len(content.clock) != CLOCK:
        raise StateError("the stored state has a clock of another size: start afresh")
    free = set(content.free)
    used = [name for slot, name in enumerate(names) if slot not in free]
    if not all(isinstance(name, str) for name in names) or len(set(used)) < len(used):
        raise StateError("the stored state names its streams wrongly: start afresh")
    devices = content.devices
    if len(devices) != n or not all(isinstance(device, str) for device in devices):
        raise StateError("the stored state names its devices wrongly: start afresh")
    if len(free) < len(content.free) or not free <= set(range(n)):
        raise StateError("the stored state has free rows that are none: start afresh")
    if not content.membership().are_in(numbers):
        raise StateError("the stored state takes its devices apart: start afresh")
    running = np.flatnonzero(numbers[:, layout.INSTALL_AT] > 0.0)
    if running.tolist() != sorted(content.results):
        raise StateError("the stored state lacks a result of retraining: start afresh")


def _model_key(config: DetectorConfig) -> NDArray[np.int64]:
    """What must be equal for stored state to fit: layout and network."""
    return np.array([layout.VERSION, config.hidden, config.activation == "relu"], np.int64)
