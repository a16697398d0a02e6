"""An account of a message, in words: for `streamrnn test-message`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from streamrnn.ingest.account import Account, Reading
from streamrnn.ingest.payload import BARE_FIELD, Document, as_number
from streamrnn.ingest.refusal import Reject, quote, quote_all
from streamrnn.ingest.route import Route, lies_on
from streamrnn.ingest.timestamp import Stamp

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
    route, document, stamp = account.route, account.document, account.stamp
    if route is not None:
        yield _topic_step(route)
    if document is not None:
        yield _payload_step(document)
    if route is not None and document is not None and stamp is not None:
        yield _time_step(account, stamp)
        yield from _selection_steps(account, route, document)
    for reading in account.readings:
        yield f"stream {reading.stream} = {reading.value:.15g}"
    for reject in account.rejects:
        yield f"left out ({reject.reason}): {reject.detail}"


def _topic_step(route: Route) -> str:
    labels = ", ".join(f"{label} = {quote(value)}" for label, value in route.labels.items())
    step = f"topic matches source[{route.source.index}] {quote(route.source.config.topic)}"
    return f"{step} ({labels})" if labels else step


def _payload_step(document: Document) -> str:
    leaves = document.leaves
    if document.bare:
        return f"payload: the bare value {quote(leaves[BARE_FIELD])}"
    numbers = [path for path, value in leaves.items() if as_number(value) is not None]
    step = f"payload: JSON, {len(numbers)} of {len(leaves)} values can be numbers"
    return f"{step}: {quote_all(numbers)}" if numbers else step


def _time_step(account: Account, stamp: Stamp) -> str:
    if stamp.path:
        return f"time: {_iso(stamp.time)}, from {quote(stamp.path)}"
    if account.stamp_paths:
        unusable = quote_all(account.stamp_paths)
        return (
            f"time: of arrival, as {unusable} has no zone, is no time, or is before the year 2000"
        )
    return "time: of arrival, as no timestamp was found"


def _selection_steps(account: Account, route: Route, document: Document) -> Iterator[str]:
    if account.excluded:
        yield f"excluded: {quote_all(account.excluded)}"
    if account.unselected:
        yield f"not in fields: {quote_all(account.unselected)}"
    if account.texts:
        yield f"text or null, so not a reading: {quote_all(account.texts)}"
    absent = [
        branch
        for branch in route.source.config.fields
        if not any(lies_on(branch, path) for path in document.leaves)
    ]
    if absent:
        yield f"in fields but not in this message: {quote_all(absent)}"


def _iso(time: float) -> str:
    if not time < _YEAR_10000:
        return f"{time:g} s"  # only if the message's own arrival lies there
    return datetime.fromtimestamp(time, UTC).isoformat(timespec="milliseconds")
