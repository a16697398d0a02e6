"""Why something did not become a reading: the record of it, and the exception that carries it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from streamrnn.records import Reason

_QUOTED_AT_MOST: Final = 60  # characters
_LISTED_AT_MOST: Final = 10  # entries


class Reject(NamedTuple):
    """One message, or one value of it, that was left out.

    topic: as it arrived, possibly unprintable. detail: one printable line of plain English.
    """

    reason: Reason
    topic: str
    detail: str


class RefusedError(Exception):
    """The message, or the value at hand, cannot be used. Never leaves `streamrnn.ingest`."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def not_utf8(error: UnicodeDecodeError) -> RefusedError:
    return RefusedError(Reason.NOT_UTF8, f"the payload is not UTF-8: {error.reason}")


def quote(value: object) -> str:
    """A foreign value as it may stand in a log line: ASCII, escaped, short."""
    if isinstance(value, str | bytes):
        value = value[: _QUOTED_AT_MOST + 1]  # do not escape 64 KiB to show 60 characters
    text = ascii(value)
    return text if len(text) <= _QUOTED_AT_MOST else f"{text[:_QUOTED_AT_MOST]}..."


def quote_all(texts: Sequence[str]) -> str:
    """The first of several foreign texts, for a log line."""
    shown = ", ".join(quote(text) for text in texts[:_LISTED_AT_MOST])
    left = len(texts) - _LISTED_AT_MOST
    return f"{shown} and {left} more" if left > 0 else shown
