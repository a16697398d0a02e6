"""What a sink is: somebody whom the loop tells what it found, and who must not keep it waiting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from streamrnn.detect.decisions import Decisions
from streamrnn.records import Event


class Sink(Protocol):
    def emit(self, event: Event) -> None: ...


class Judged(NamedTuple):
    """One micro-batch of readings with the detector's judgement, in columns of one length. Never
    changed once it was handed over: other threads read it.

    streams: name per reading. slots (int64), values, times (float64, Unix seconds).
    """

    streams: Sequence[str]
    slots: NDArray[np.int64]
    values: NDArray[np.float64]
    times: NDArray[np.float64]
    decisions: Decisions


class ReadingSink(Protocol):
    def take(self, batch: Judged) -> None: ...


class Publisher(Protocol):
    """The part of `MqttLink` that sinks need."""

    def publish(
        self, topic: str, payload: bytes, *, qos: int = ..., retain: bool = ...
    ) -> bool: ...
