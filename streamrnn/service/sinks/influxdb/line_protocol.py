"""Readings and events in InfluxDB's line protocol. Pure.

https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/

    streamrnn,gateway=hall,stream=freezer/temperature value=-18.4,score=0.2,... 1700000000000000
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

import numpy as np

from streamrnn.records import Event, Outcome
from streamrnn.service.sinks.selection import Selection
from streamrnn.service.sinks.sink import Judged

_READINGS: Final = "streamrnn"
_EVENTS: Final = "streamrnn_events"
_FIELDS: Final = ("value", "score", "yhat", "yhat_lower", "yhat_upper")
_SERIES_KEPT: Final = 20_000  # of streams: those that gave way to others must not pile up
_LATE: Final = int(Outcome.LATE)  # and above: not applied


class LineWriter:
    """Time stamps in microseconds. One line per reading that was applied, or event."""

    def __init__(self, gateway: str, selection: Selection) -> None:
        self._gateway = _tag(gateway)
        self._selection = selection
        self._series: dict[str, str] = {}  # measurement and tags by stream; "": not selected

    def readings(self, batch: Judged) -> Iterator[str]:
        decisions = batch.decisions
        rows = np.flatnonzero(decisions.outcome < _LATE)
        forecast = (decisions.yhat, decisions.yhat_lower, decisions.yhat_upper)
        columns = (batch.values, decisions.score, *forecast)
        times = np.rint(batch.times[rows] * 1e6).astype(np.int64).tolist()
        numbers = zip(*(column[rows].tolist() for column in columns), strict=True)
        for row, time, fields in zip(rows.tolist(), times, numbers, strict=True):
            series = self._of(batch.streams[row])
            if series:
                named = zip(_FIELDS, fields, strict=True)
                # Not a number: not known. The protocol has no word for it.
                yield f"{series} {','.join(f'{n}={x!r}' for n, x in named if x - x == 0)} {time}"

    def event(self, event: Event) -> str | None:
        """None for one that does not concern the streams selected."""
        if not self._selection.concerns(event):
            return None
        tags = f"gateway={self._gateway},kind={_tag(event.kind)},stream={_tag(event.stream)}"
        numbers = {name: getattr(event, name) for name in _FIELDS}
        fields = [f"{n}={x!r}" for n, x in numbers.items() if x is not None and math.isfinite(x)]
        texts = {"id": event.id, "message": event.message, "type": event.type.value}
        fields += [f"{name}={_text(text)}" for name, text in texts.items()]
        return f"{_EVENTS},{tags} {','.join(fields)} {round(event.time * 1e6)}"

    def _of(self, stream: str) -> str:
        series = self._series.get(stream)
        if series is None:
            if len(self._series) >= _SERIES_KEPT:
                self._series.clear()
            series = ""
            if self._selection.has(stream):
                series = f"{_READINGS},gateway={self._gateway},stream={_tag(stream)}"
            self._series[stream] = series
        return series


def _tag(text: str) -> str:
    r"""A backslash at the end would take the comma behind it into the value, and cannot be
    escaped: it becomes a slash."""
    if text.endswith("\\"):
        text = text.rstrip("\\") + "/"
    return text.replace(",", r"\,").replace("=", r"\=").replace(" ", r"\ ")


def _text(text: str) -> str:
    escaped = text.replace("\\", r"\\").replace('"', r"\"")
    return f'"{escaped}"'
