"""An event as people and programs read it."""

from __future__ import annotations

import json
import math
from datetime import datetime

import msgspec

from streamrnn.service.sinks import event_json, iso_time
from tests.service.fleet_snapshots import opened

FIELDS = {
    "id", "type", "gateway", "stream", "kind", "time", "since", "value", "score",
    "yhat", "yhat_lower", "yhat_upper", "message", "also",
}  # fmt: skip


def test_times_are_iso_8601_in_utc_to_the_millisecond() -> None:
    assert iso_time(1_700_000_000.0) == "2023-11-14T22:13:20.000Z"
    assert iso_time(1_700_000_000.1239) == "2023-11-14T22:13:20.123Z"


def test_an_event_has_the_documented_fields() -> None:
    content = json.loads(event_json(opened("freezer")))
    assert set(content) == FIELDS
    assert content["type"] == "new"
    assert datetime.fromisoformat(content["since"]) < datetime.fromisoformat(content["time"])


def test_what_is_not_known_is_null() -> None:
    event = msgspec.structs.replace(opened("door"), yhat=None, yhat_lower=None, score=math.nan)
    content = json.loads(event_json(event))
    assert content["yhat"] is content["yhat_lower"] is content["score"] is None
