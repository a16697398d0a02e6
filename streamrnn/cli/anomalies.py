"""The events of a replay as a table for people: one row per anomaly."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, TextIO

from rich.console import Console
from rich.table import Table

from streamrnn.config.duration import format_duration
from streamrnn.records import Event, EventType

_COLUMNS: Final = ("since (UTC)", "lasted", "stream", "kind", "score", "value", "expected")
# A row is one line in a file too, and in a narrow terminal easier to read than folded cells.
_UNBROKEN: Final = 10_000


@dataclass(slots=True)
class _Anomaly:
    """What its first event said, with the gravest kind and the highest score of all."""

    first: Event
    kind: str
    score: float
    until: float | None


class AnomalyTable:
    """Collects events and prints them as one table at the end."""

    def __init__(self) -> None:
        self._anomalies: dict[str, _Anomaly] = {}

    def __len__(self) -> int:
        return len(self._anomalies)

    def add(self, event: Event) -> None:
        anomaly = self._anomalies.get(event.id)
        if anomaly is None:
            anomaly = self._anomalies[event.id] = _Anomaly(event, event.kind, event.score, None)
        anomaly.kind = event.kind
        anomaly.score = max(anomaly.score, event.score)
        if event.type is EventType.END:
            anomaly.until = event.time

    def print(self, out: TextIO) -> None:
        if not self._anomalies:
            return
        table = Table(*_COLUMNS, box=None, header_style="bold", pad_edge=False)
        for anomaly in self._anomalies.values():
            table.add_row(*_row(anomaly), style=None if anomaly.until else "red")
        Console(file=out, width=_UNBROKEN, highlight=False, markup=False).print(table)


def _row(anomaly: _Anomaly) -> tuple[str, ...]:
    first = anomaly.first
    return (
        _time(first.since),
        "open" if anomaly.until is None else _lasted(anomaly.until - first.since),
        first.stream,
        anomaly.kind,
        f"{anomaly.score:.2f}",
        f"{first.value:.6g}",
        _expected(first),
    )


def _lasted(seconds: float) -> str:
    return format_duration(round(seconds) if seconds >= 10.0 else seconds)


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _expected(event: Event) -> str:
    if event.yhat_lower is None or event.yhat_upper is None:
        return ""
    return f"{event.yhat_lower:.6g} to {event.yhat_upper:.6g}"
