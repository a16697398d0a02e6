"""What the loop tells the rest of the process: an immutable snapshot, handed over on request.

The loop thread alone touches the model bank. Whoever wants to show its state (a scrape, the page)
asks the mailbox; the loop answers between two batches. A loop that is busy or stuck costs the
reader no more than the timeout: it then gets the last snapshot, whose `time` tells its age.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from streamrnn.detect import BankStatus
from streamrnn.ingest import Label, StreamInfo
from streamrnn.records import Event, Reason

WARMING, NORMAL, ANOMALY = "warming", "normal", "anomaly"
STATES = (WARMING, NORMAL, ANOMALY)


@dataclass(frozen=True, slots=True)
class TrainingCounts:
    """Retrainings since the start. `duration_seconds` is the sum over all three results."""

    accepted: int = 0
    rejected: int = 0
    failed: int = 0
    duration_seconds: float = 0.0
    restarts: int = 0  # of the trainer itself, which had died or hung


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetSnapshot:
    """All streams at one moment. Never changed after it was made: arrays and mappings are copies.

    time: when it was taken, Unix seconds.
    names, status, anomaly_active: one entry per stream.
    anomaly_active: held for at least a minute, so that no scrape misses a short anomaly.
    anomalies_total: anomalies opened since the start, by (stream, kind).
    open_events: the last event of each anomaly that is open now.
    quiet_until: by stream, up to when nothing new is told of it; also when that is over.
    infos: what messages tell of their streams, for those heard since the start.
    devices: by stream.
    disbelieved: stamps far ahead of the clock, whose readings were taken at their arrival.
    shed_total: idle streams that gave way to new ones since the start; most_streams: for how many
    there is room.
    checkpoint_time: of the last complete checkpoint, Unix seconds; None before the first.
    """

    gateway: str
    time: float
    names: Sequence[str]
    status: BankStatus
    anomaly_active: NDArray[np.bool_]
    anomalies_total: Mapping[tuple[str, str], int] = field(default_factory=dict)
    open_events: Sequence[Event] = ()
    quiet_until: Mapping[str, float] = field(default_factory=dict)
    infos: Mapping[str, StreamInfo] = field(default_factory=dict)
    devices: Mapping[str, str] = field(default_factory=dict)
    dropped: Mapping[Reason, int] = field(default_factory=dict)
    disbelieved: int = 0
    messages_total: int = 0
    readings_total: int = 0
    shed_total: int = 0
    most_streams: int = 0
    training: TrainingCounts = TrainingCounts()
    queue_depth: int = 0
    outbox_depth: int = 0
    connected: bool = False
    reconnects: int = 0
    rebuilds: int = 0
    checkpoint_time: float | None = None
    checkpoint_duration_seconds: float | None = None

    def states(self) -> NDArray[np.uint8]:
        """One index into `STATES` per slot. An open anomaly counts before warming: hard limits
        judge a stream whose model does not yet."""
        warming = self.status.warm_up_left > 0
        return np.where(self.anomaly_active, 2, np.where(warming, 0, 1)).astype(np.uint8)

    def device(self, stream: str) -> str:
        return self.devices[stream]

    def label(self, stream: str) -> Label:
        """Unit and name, empty where nothing tells them."""
        info = self.infos.get(stream)
        return Label(info.unit, info.name) if info else Label()


class SnapshotMailbox:
    """Hands snapshots from the loop to any number of reading threads.

    Readers call `read`. The loop calls `put` whenever `wanted` is true, at least between batches.
    """

    def __init__(self, first: FleetSnapshot, *, timeout_seconds: float = 1.0) -> None:
        self._latest = first
        self._timeout_seconds = timeout_seconds
        self._version = 0
        self._wanted = False
        self._arrived = threading.Condition()

    @property
    def wanted(self) -> bool:
        """Someone waits. Read without the lock: a request seen one batch late is still in time."""
        return self._wanted

    def put(self, snapshot: FleetSnapshot) -> None:
        with self._arrived:
            self._latest = snapshot
            self._version += 1
            self._wanted = False
            self._arrived.notify_all()

    def read(self) -> FleetSnapshot:
        """The state now, or after the timeout the last one known."""
        with self._arrived:
            version = self._version
            self._wanted = True
            self._arrived.wait_for(lambda: self._version != version, self._timeout_seconds)
            return self._latest
