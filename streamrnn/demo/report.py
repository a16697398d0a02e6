"""What became of each fault: the daemon's alarms held against what was really injected. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from math import inf

from streamrnn.demo.faults import Fault
from streamrnn.demo.listener import HeardEvent
from streamrnn.demo.publisher import Injection
from streamrnn.records import EventType

# Events give times in whole milliseconds: an alarm at the first faulty reading may seem earlier.
_TIME_STEP = 0.001


@dataclass(frozen=True)
class Alarm:
    """One anomaly as it was told of. kind: as last named; times of readings, Unix seconds."""

    stream: str
    kind: str
    opened_at: float
    closed_at: float = inf


class Outcome(StrEnum):
    FOUND = "found"
    AT_ITS_END = "at its end"
    MISSED = "missed"
    ALREADY_OPEN = "already open"
    WARMING = "still warming up"
    NOT_REACHED = "not reached"


@dataclass(frozen=True)
class Finding:
    """What became of one fault. delay: seconds from its first reading to the alarm's."""

    fault: Fault
    outcome: Outcome
    kind: str = ""
    delay: float | None = None


@dataclass(frozen=True)
class Report:
    """findings: one per scheduled fault, in order.

    Alarms outside of faults, each in one of three: aftermath, when a fault was over and its stream
    went back to normal; early, before the first fault of the run, when much is still new; other.
    """

    findings: tuple[Finding, ...]
    aftermath: tuple[Alarm, ...]
    early_alarms: tuple[Alarm, ...]
    other_alarms: tuple[Alarm, ...]


@dataclass(frozen=True)
class Tolerance:
    """How long after a fault's last reading an alarm still counts, seconds.

    grace: as the fault's, noticed at its end.
    settling: as aftermath: a sudden return to normal is a change as well.
    """

    grace: float
    settling: float


def alarms_of(events: Iterable[HeardEvent]) -> list[Alarm]:
    """One alarm for each anomaly, however often its events were delivered."""
    alarms: dict[str, Alarm] = {}
    for event in events:
        if event.type is EventType.NEW:
            alarm = Alarm(event.stream, event.kind, event.time.timestamp())
            alarms.setdefault(event.id, alarm)
        elif event.id in alarms:
            ends = event.type is EventType.END
            closed_at = event.time.timestamp() if ends else alarms[event.id].closed_at
            alarms[event.id] = replace(alarms[event.id], kind=event.kind, closed_at=closed_at)
    return list(alarms.values())


def compare(
    schedule: Sequence[Fault],
    injections: Iterable[Injection],
    alarms: Sequence[Alarm],
    warmed_up_at: Mapping[str, float],
    tolerance: Tolerance,
) -> Report:
    """Hold the alarms against the faults.

    warmed_up_at: Unix seconds at which each stream was first seen to be judged by its model.
    An alarm belongs to a fault if it opened on the fault's stream between its first reading and
    `tolerance.grace` after its last. Nothing is found before it began.
    """
    injected = {injection.fault: injection for injection in injections}
    findings = tuple(
        _finding(fault, injected.get(fault), alarms, warmed_up_at.get(fault.stream, inf), tolerance)
        for fault in schedule
    )

    def follows_a_fault(alarm: Alarm, within: float) -> bool:
        return any(
            alarm.stream == injection.fault.stream and _opened_during(injection, alarm, within)
            for injection in injected.values()
        )

    first_fault_at = min((injection.first_at for injection in injected.values()), default=inf)
    aftermath, early, other = [], [], []
    for alarm in alarms:
        if follows_a_fault(alarm, tolerance.grace):
            continue
        if follows_a_fault(alarm, tolerance.settling):
            aftermath.append(alarm)
        elif alarm.opened_at < first_fault_at:
            early.append(alarm)
        else:
            other.append(alarm)
    return Report(findings, tuple(aftermath), tuple(early), tuple(other))


def _finding(
    fault: Fault,
    injection: Injection | None,
    alarms: Iterable[Alarm],
    warmed_up_at: float,
    tolerance: Tolerance,
) -> Finding:
    if injection is None:
        return Finding(fault, Outcome.NOT_REACHED)
    own = [alarm for alarm in alarms if alarm.stream == fault.stream]
    inside = [alarm for alarm in own if _opened_during(injection, alarm, tolerance.grace)]
    if inside:
        first = min(inside, key=lambda alarm: alarm.opened_at)
        if first.opened_at > injection.last_at + _TIME_STEP:
            return Finding(fault, Outcome.AT_ITS_END)
        delay = max(0.0, first.opened_at - injection.first_at)
        return Finding(fault, Outcome.FOUND, first.kind, delay)
    if any(alarm.opened_at < injection.first_at < alarm.closed_at for alarm in own):
        return Finding(fault, Outcome.ALREADY_OPEN)
    if warmed_up_at > injection.first_at:
        return Finding(fault, Outcome.WARMING)
    return Finding(fault, Outcome.MISSED)


def _opened_during(injection: Injection, alarm: Alarm, within: float) -> bool:
    """Between the first faulty reading and `within` seconds after the last."""
    return injection.first_at - _TIME_STEP <= alarm.opened_at <= injection.last_at + within
