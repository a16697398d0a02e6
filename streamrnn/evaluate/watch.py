"""One stream watched as an operator sees it: the shipped detector, its events, and a clock."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from streamrnn.config import AlertsConfig, DetectorConfig
from streamrnn.detect import Bank, Decisions, EventTracker
from streamrnn.records import Event, EventType

# A batch with an alarm in it is followed reading by reading: small ones keep that short.
_BATCH: Final = 2_048
_SILENCE: Final = 3.0  # usual intervals without a reading, after which the clock is looked at
_MOST_LOOKS: Final = 200  # in one silence


@dataclass(frozen=True, slots=True)
class Settings:
    """What is measured: the shipped defaults unless said otherwise."""

    detector: DetectorConfig = field(default_factory=DetectorConfig)
    alerts: AlertsConfig = field(default_factory=AlertsConfig)


@dataclass(frozen=True, slots=True)
class Watched:
    """decisions: one per reading. events: all steps of all anomalies, in order."""

    decisions: Decisions
    events: list[Event]

    @property
    def alerts(self) -> list[Event]:
        """The first step of each anomaly: what an operator is called for."""
        return [event for event in self.events if event.type is EventType.NEW]


def watch(
    values: NDArray[np.float64],
    times: NDArray[np.float64],
    settings: Settings | None = None,
    stream: str = "stream",
) -> Watched:
    """All readings of one stream, which must be finite and at least two, in order; between two
    that lie far apart, the clock is looked at again and again, as the daemon does.

    values, times: (n,); times in seconds. stream: its name, from which the detector derives when
    it retrains.
    """
    settings = settings or Settings()
    bank = Bank(settings.detector)
    tracker = EventTracker(settings.alerts, gateway="bench")
    slot = bank.slot(stream)
    parts: list[Decisions] = []
    events: list[Event] = []
    usual = float(np.median(np.diff(times)))
    silences = np.flatnonzero(np.diff(times) > _SILENCE * usual) + 1
    edges = np.union1d(np.arange(0, len(values), _BATCH), [*silences, len(values)])
    for first, end in itertools.pairwise(edges.tolist()):
        batch = values[first:end], times[first:end]
        slots = np.full(end - first, slot)
        decisions = bank.step(slots, *batch)
        events += tracker.observe(bank.names, slots, *batch, decisions)
        parts.append(decisions)
        if end < len(times):
            for now in _looks(times[end - 1], times[end], usual):
                events += time_passes(bank, tracker, now)
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    return Watched(Decisions(*columns), events)


def time_passes(bank: Bank, tracker: EventTracker, now: float) -> list[Event]:
    """What is said when nothing has arrived until `now`: the one place that knows how the detector
    is told the time."""
    return tracker.tick(bank.names, bank.rhythm(), now)


def _looks(since: float, until: float, usual: float) -> NDArray[np.float64]:
    """Instants between two readings, the usual interval apart, but not too many."""
    if until - since <= _SILENCE * usual:
        return np.zeros(0)
    count = min(int((until - since) / usual), _MOST_LOOKS)
    return np.linspace(since, until, count + 1)[1:-1]
