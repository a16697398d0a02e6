"""Events in the log."""

from __future__ import annotations

import logging

import msgspec
import pytest

from streamrnn.records import EventType
from streamrnn.service.sinks import EventLog
from tests.service.fleet_snapshots import opened


def test_an_anomaly_is_logged_as_a_warning_with_its_sentence(
    caplog: pytest.LogCaptureFixture,
) -> None:
    event = opened("freezer")
    with caplog.at_level(logging.INFO, "streamrnn"):
        EventLog().emit(event)
        EventLog().emit(msgspec.structs.replace(event, type=EventType.END))
    assert [(r.levelname, r.message) for r in caplog.records] == [
        ("WARNING", "anomaly"),
        ("INFO", "anomaly_end"),
    ]
    assert caplog.records[0].__dict__["data"]["message"] == event.message
