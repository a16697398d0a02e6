"""An account of a message, in words: for `streamrnn test-message`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from streamrnn.ingest.account import Account, Reading
from streamrnn.ingest.detection import Decoded
from streamrnn.ingest.format import Document, lies_on
from streamrnn.ingest.number import as_number
from streamrnn.ingest.refusal import Reject, quote, quote_all
from streamrnn.ingest.route import Route

_YEAR_10000: Final = 253_402_300_800.0


@dataclass(frozen=True, slots=True)
class Explanation:
    """What becomes of a message: the steps in plain English, and what comes out."""

    steps: list[str]
    readings: list[Reading]
    rejects: list[Reject]


def explain(account: Account) -> Explanation:
    """Put an account into words."""
    return Explanation(list(_steps(account)), account.readings, account.rejects)


def _steps(account: Account) -> Iterator[str]:
    route, decoded = account.route, account.decoded
    if route is not None:
        yield _topic_step(route)
    if route is not None and decoded is not None:
        yield f"format: {decoded.format.name}, as {decoded.why}"
        yield from _payload_steps(decoded)
        if account.stamps:
            yield _time_step(account)
        yield from _selection_steps(account, route, decoded.document)
    for reading in account.readings:
        yield _reading_step(reading, decoded)
    for reject in account.rejects:
        yield f"left out ({reject.reason}): {reject.detail}"


def _topic_step(route: Route) -> str:
    labels = ", ".join(f"{label} = {quote(value)}" for label, value in route.labels.items())
    step = f"topic matches source[{route.source.index}] {quote(route.source.config.topic)}"
    return f"{step} ({labels})" if labels else step


def _payload_steps(decoded: Decoded) -> Iterator[str]:
    document = decoded.document
    if document.device:
        yield f"device: {quote(document.device)}"
    if document.bare:
        (value,) = document.records[0].leaves.values()
        yield f"payload: the bare value {quote(value)}"
    elif document.records:
        yield _records_step(document)


def _records_step(document: Document) -> str:
    leaves = [leaf for record in document.records for leaf in record.leaves.items()]
    numbers = [path for path, value in leaves if as_number(value) is not None]
    shown = quote_all(list(dict.fromkeys(numbers)))
    several = f" in {len(document.records)} records" * (len(document.records) > 1)
    step = f"payload: {len(numbers)} of {len(leaves)} values{several} can be numbers"
    return f"{step}: {shown}" if numbers else step


def _time_step(account: Account) -> str:
    """Of the first record."""
    time, path = account.stamps[0]
    more = f" (the first of {len(account.stamps)} records)" * (len(account.stamps) > 1)
    if path:
        return f"time: {_iso(time)}, from {quote(path)}{more}"
    if account.disbelieved:
        return f"time: of arrival, as {account.disbelieved[0].detail}{more}"
    if time != account.message.received_at:
        return f"time: {_iso(time)}, as the format has it{more}"
    if account.stamp_paths:
        unusable = quote_all(list(account.stamp_paths))
        return (
            f"time: of arrival, as {unusable} has no zone, is no time, or is before the year 2000 "
            f"(if it has no zone: time = {{ path = {_toml(next(iter(account.stamp_paths)))}, "
            'zone = "Europe/Vienna" } in the [[source]])'
        )
    return "time: of arrival, as no timestamp was found"


def _reading_step(reading: Reading, decoded: Decoded | None) -> str:
    step = f"stream {reading.stream} = {reading.value:.15g}"
    label = decoded.document.labels.get(reading.path) if decoded else None
    unit = label.unit if label else ""
    if not unit.isprintable():
        unit = quote(unit)
    return f"{step} {unit}" if unit else step


def _selection_steps(account: Account, route: Route, document: Document) -> Iterator[str]:
    for why, paths in (
        ("excluded", account.excluded),
        ("no measurement, so not a reading unless fields lists it", account.ignored),
        ("not in fields", account.unselected),
        ("text or null, so not a reading", account.texts),
    ):
        if paths:
            yield f"{why}: {quote_all(list(paths))}"
    absent = [
        branch
        for branch in route.source.config.fields
        if not any(lies_on(branch, path) for record in document.records for path in record.leaves)
    ]
    if absent:
        yield f"in fields but not in this message: {quote_all(absent)}"


def _toml(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _iso(time: float) -> str:
    if not time < _YEAR_10000:
        return f"{time:g} s"  # only if the message's own arrival lies there
    return datetime.fromtimestamp(time, UTC).isoformat(timespec="milliseconds")
