"""The order of saving: alerts, then state, then acknowledgements; and what a bad disk changes."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from streamrnn.detect import InlineRetrainer
from streamrnn.service import failpoint
from streamrnn.service.acknowledgements import Mode
from streamrnn.service.checkpoint import CheckpointStore
from streamrnn.service.checkpointer import Checkpointer
from streamrnn.service.disk import Buffer, Disk
from streamrnn.service.durability import Durability
from streamrnn.service.health import Health
from streamrnn.service.outbox import AlertOutbox
from streamrnn.service.safekeeping import CHECKPOINT, OUTBOX, Safekeeping
from streamrnn.service.state import restore
from tests.service.mqtt_peers import eventually
from tests.service.pipeline import Pipeline, complaints, freezer
from tests.service.test_state import CONFIG

WARM = 600


class SickDisk(Disk):
    sick = False

    def write(self, file: int, data: Buffer) -> int:
        if self.sick:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().write(file, data)


class Kept:
    """An exact pipeline with its safekeeping, on a clock that the test moves."""

    def __init__(self, folder: Path) -> None:
        self.now = 1000.0
        self.disk = SickDisk()
        self.steps: list[str] = []
        self.store = CheckpointStore(folder, self.disk)
        self.store.claim.take()
        self.outbox = AlertOutbox(
            folder, ["mqtt"], capacity=100, complaints=complaints(), disk=self.disk
        )
        self.outbox.start()
        self.pipeline = Pipeline(outbox=self.outbox)
        self.loop = self.pipeline.loop
        self.health = Health(self.clock, (CHECKPOINT, OUTBOX))
        self.safekeeping = Safekeeping(
            self.loop,
            self.outbox,
            Checkpointer(self.store, self.clock),
            Durability("exact", 60.0),
            self.health,
            every=60.0,
            clock=self.clock,
            at=self.steps.append,
        )
        self.loop.acknowledgements.mode = Mode.EXACT

    def clock(self) -> float:
        return self.now

    def after(self, seconds: float) -> None:
        self.now += seconds
        self.safekeeping.tick(self.now, 1000)
        deadline = time.monotonic() + 30.0
        while self.safekeeping.checkpointer.busy:
            assert time.monotonic() < deadline
            self.safekeeping.tick(self.now, 1000)

    @property
    def acknowledged(self) -> int:
        return len(self.pipeline.link.acknowledged)


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    kept = Kept(tmp_path)
    yield kept
    kept.outbox.close(30.0)
    kept.store.claim.release()


def test_a_reading_is_acknowledged_when_a_checkpoint_holds_it(kept: Kept) -> None:
    kept.pipeline.feed(*freezer(0, 10))
    kept.after(1.0)
    assert kept.acknowledged == 0
    kept.after(60.0)
    assert kept.acknowledged == 10
    state = restore(kept.store, CONFIG, InlineRetrainer())
    assert state.bank.status().readings.tolist() == [10]


def test_alerts_come_to_the_disk_before_the_state_that_has_told_them(kept: Kept) -> None:
    kept.pipeline.feed(*freezer(0, WARM), *freezer(WARM, WARM + 5, warmer_by=9.0))
    kept.after(60.0)
    point = failpoint
    order = [point.CAPTURE, point.CAPTURED, point.SYNCED, point.SAVED, point.ACKNOWLEDGED]
    assert kept.steps[-5:] == order
    assert kept.outbox.durable == kept.outbox.last > 0


def test_the_packet_ids_are_saved_with_the_state(kept: Kept) -> None:
    kept.pipeline.feed(*freezer(0, 10))
    kept.after(60.0)
    state = restore(kept.store, CONFIG, InlineRetrainer())
    assert state.redeliveries.to_arrays()["redelivery_ids"].tolist() == [1]


def test_a_full_disk_acknowledges_nothing_until_it_heals(kept: Kept) -> None:
    kept.disk.sick = True
    kept.pipeline.feed(*freezer(0, 10))
    kept.after(60.0)
    assert kept.acknowledged == 0
    assert "No space left" in kept.health.ready().problems[CHECKPOINT]
    kept.disk.sick = False
    kept.after(10.0)
    assert kept.acknowledged == 10
    assert CHECKPOINT not in kept.health.ready().problems


def test_a_full_disk_stops_no_reading_even_when_exact_is_set(kept: Kept) -> None:
    kept.disk.sick = True
    for start in range(0, 900, 100):
        kept.pipeline.feed(*freezer(start, start + 100))
        kept.after(11.0)
    kept.loop.turn(0.0)
    assert kept.acknowledged > 0, "or the broker would send no more"
    assert kept.loop.readings_total == 900
    kept.disk.sick = False
    eventually(lambda: not kept.outbox.problem)
    kept.after(60.0)
    state = restore(kept.store, CONFIG, InlineRetrainer())
    assert state.bank.status().readings.tolist() == [900]


def test_the_last_checkpoint_is_acknowledged_too(kept: Kept) -> None:
    kept.pipeline.feed(*freezer(0, 10))
    kept.safekeeping.finish()
    assert kept.acknowledged == 10
