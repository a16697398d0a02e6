"""An event as people and programs read it: JSON, times in ISO 8601."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from streamrnn.records import Event


def iso_time(seconds: float) -> str:
    """Unix seconds as ISO 8601 in UTC, to the millisecond."""
    text = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def event_fields(event: Event) -> dict[str, Any]:
    """As on the events topic: the event's own fields, times as text."""
    fields: dict[str, Any] = msgspec.structs.asdict(event)
    return fields | {"time": iso_time(event.time), "since": iso_time(event.since)}


def event_json(event: Event) -> bytes:
    """`event_fields` in JSON; what is not known, or not finite, is null."""
    return msgspec.json.encode(event_fields(event))
