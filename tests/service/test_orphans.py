"""After a crash: what was told to begin is told to end."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec

from streamrnn.records import Event, EventType
from tests.service.pipeline import Pipeline, freezer
from tests.service.test_outbox import outbox

NEW, END = EventType.NEW, EventType.END
WARM = 600


def interrupted(folder: Path) -> list[Event]:
    """A daemon that told of an anomaly and then died without a checkpoint."""
    with outbox(folder) as box:
        pipeline = Pipeline(outbox=box)
        return pipeline.feed(*freezer(0, WARM), *freezer(WARM, WARM + 5, warmer_by=9.0))


def test_the_next_reading_ends_what_the_restored_state_does_not_know(tmp_path: Path) -> None:
    opened = [event for event in interrupted(tmp_path) if event.type is NEW][-1]
    with outbox(tmp_path) as box:
        pipeline = Pipeline(outbox=box)
        (end,) = pipeline.feed(*freezer(WARM + 50, WARM + 52))
        assert (end.type, end.id, end.since) == (END, opened.id, opened.since)
        assert "interrupted" in end.message
        assert box.open_events() == []


def test_readings_that_come_again_open_it_again_and_nothing_is_ended(tmp_path: Path) -> None:
    told = interrupted(tmp_path)
    with outbox(tmp_path) as box:
        pipeline = Pipeline(outbox=box)
        again = pipeline.feed(*freezer(0, WARM), *freezer(WARM, WARM + 5, warmer_by=9.0))
        assert again == told
        after = pipeline.feed(*freezer(WARM + 5, WARM + 200))
        ends = [e for e in after if e.id == told[-1].id and e.type is END]
        assert len(ends) == 1
        assert "interrupted" not in ends[0].message


def test_other_streams_leave_it_alone(tmp_path: Path) -> None:
    interrupted(tmp_path)
    with outbox(tmp_path) as box:
        pipeline = Pipeline(outbox=box)
        messages = freezer(WARM + 50, WARM + 52)
        elsewhere = [msgspec.structs.replace(m, topic="plant/cellar") for m in messages]
        assert pipeline.feed(*elsewhere) == []
        assert len(box.open_events()) == 1


def test_an_end_is_told_even_when_the_outbox_has_long_forgotten_the_beginning(
    tmp_path: Path,
) -> None:
    interrupted(tmp_path)
    for _ in range(2):
        with outbox(tmp_path) as box:
            box.sync(box.last, 30.0)
            time.sleep(0.01)
    with outbox(tmp_path) as box:
        events = Pipeline(outbox=box).feed(*freezer(WARM + 50, WARM + 52))
        assert [event.type for event in events] == [END]
