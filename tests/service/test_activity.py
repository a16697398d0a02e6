"""What scrapes must not miss."""

from __future__ import annotations

import msgspec

from streamrnn.records import EventType
from streamrnn.service.activity import HOLD_SECONDS, Activity
from tests.service.fleet_snapshots import opened


def test_anomalies_are_counted_when_they_begin() -> None:
    activity = Activity(lambda: 0.0)
    event = opened("freezer")
    activity.emit(event)
    activity.emit(msgspec.structs.replace(event, type=EventType.UPDATE))
    activity.emit(msgspec.structs.replace(event, type=EventType.END))
    activity.emit(opened("door"))
    assert activity.opened == {("freezer", "level"): 1, ("door", "level"): 1}


def test_a_short_anomaly_is_held_for_a_minute() -> None:
    now = 0.0
    activity = Activity(lambda: now)
    activity.emit(opened("freezer"))
    now = HOLD_SECONDS - 1.0
    assert activity.held() == ["freezer"]
    now = HOLD_SECONDS
    assert activity.held() == []
