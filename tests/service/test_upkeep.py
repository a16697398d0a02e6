"""Between batches: scrapes answered, states refreshed, checkpoints written, health reported."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from streamrnn.config import MqttConfig
from streamrnn.detect import InlineRetrainer
from streamrnn.service.activity import HOLD_SECONDS, Activity
from streamrnn.service.checkpoint import CheckpointStore
from streamrnn.service.checkpointer import Checkpointer
from streamrnn.service.disk import Disk
from streamrnn.service.durability import Durability
from streamrnn.service.fleet import SnapshotMailbox
from streamrnn.service.health import Health
from streamrnn.service.logs import RateLimited
from streamrnn.service.mqtt import Backoff, MqttLink
from streamrnn.service.outbox import AlertOutbox
from streamrnn.service.safekeeping import CHECKPOINT, Safekeeping
from streamrnn.service.sinks import StateTopics
from streamrnn.service.state import restore
from streamrnn.service.trainer import ThreadRetrainer
from streamrnn.service.upkeep import CONDITIONS, LOOP, MQTT, Upkeep, empty_snapshot
from streamrnn.service.withdrawals import Withdrawals
from tests.service.pipeline import TOPICS, FakeLink, Pipeline, command, freezer
from tests.service.test_state import CONFIG

WARM = 600


class Kept:
    """A pipeline and its upkeep, on a clock that the test moves; the link was never started."""

    def __init__(self, folder: Path) -> None:
        self.now = 1000.0
        self.states = FakeLink()
        self.store = CheckpointStore(folder, Disk())
        self.store.claim.take()
        self.checkpointer = Checkpointer(self.store, self.clock)
        self.health = Health(self.clock, CONDITIONS)
        self.activity = Activity(self.clock)
        complaints = RateLimited(logging.getLogger("streamrnn.test"), self.clock)
        outbox = AlertOutbox(folder, [], capacity=100, complaints=complaints, disk=Disk())
        outbox.start()
        self.pipeline = Pipeline(more_sinks=[self.activity], outbox=outbox)
        self.safekeeping = Safekeeping(
            self.pipeline.loop,
            outbox,
            self.checkpointer,
            Durability("auto", 60.0),
            self.health,
            every=60.0,
            clock=self.clock,
        )
        self.mailbox = SnapshotMailbox(
            empty_snapshot("gw", self.pipeline.state.bank), timeout_seconds=0.0
        )
        self.trainer = ThreadRetrainer()
        for thread in (LOOP, MQTT):
            self.health.watch(thread, silence_seconds=30.0)
        self.upkeep = Upkeep(
            "gw",
            self.pipeline.loop,
            MqttLink(MqttConfig(), "gw", "streamrnn", backoff=Backoff(random.Random(1))),
            mailbox=self.mailbox,
            activity=self.activity,
            states=StateTopics(self.states, TOPICS, 60.0, self.now, Withdrawals()),
            safekeeping=self.safekeeping,
            trainer=self.trainer,
            health=self.health,
            complaints=complaints,
            clock=self.clock,
        )

    def clock(self) -> float:
        return self.now

    def after(self, seconds: float) -> None:
        self.now += seconds
        self.upkeep.turn()
        deadline = time.monotonic() + 30.0
        while self.checkpointer.busy:
            assert time.monotonic() < deadline
            self.safekeeping.tick(self.now, window=1000)

    def close(self) -> None:
        self.trainer.close()
        self.store.claim.release()


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    kept = Kept(tmp_path)
    yield kept
    kept.close()


def test_a_snapshot_is_made_when_somebody_asks(kept: Kept) -> None:
    kept.pipeline.feed(*freezer(0, 10))
    kept.after(0.1)
    assert kept.mailbox.read().readings_total == 0, "nobody had asked"
    kept.after(0.1)
    snapshot = kept.mailbox.read()
    assert snapshot.readings_total == snapshot.messages_total == 10
    assert snapshot.names == ("plant/freezer",)


def test_an_anomaly_is_active_while_open_and_for_a_minute(kept: Kept) -> None:
    kept.pipeline.feed(*freezer(0, WARM), *freezer(WARM, WARM + 3, warmer_by=9.0))
    kept.pipeline.feed(command("not_an_anomaly"))
    assert kept.upkeep.snapshot().anomaly_active.tolist() == [True]
    kept.now += HOLD_SECONDS
    assert kept.upkeep.snapshot().anomaly_active.tolist() == [False]
    assert kept.upkeep.snapshot().open_events == ()


def test_state_is_saved_when_it_is_time_and_there_is_something_new(kept: Kept) -> None:
    kept.pipeline.feed(*freezer(0, 10))
    kept.after(59.0)
    assert kept.store.read() is None
    kept.after(1.0)
    assert restore(kept.store, CONFIG, InlineRetrainer()).bank.names == ["plant/freezer"]
    kept.store.newest.unlink()
    kept.after(60.0)
    assert kept.store.read() is None, "nothing had come since"


def test_what_came_last_is_saved_at_the_end(kept: Kept) -> None:
    kept.pipeline.feed(*freezer(0, 10))
    kept.upkeep.finish()
    assert kept.store.read() is not None


def test_a_disk_that_fails_makes_it_not_ready_until_it_heals(kept: Kept) -> None:
    kept.pipeline.feed(*freezer(0, 1))
    kept.after(1.0)
    assert CHECKPOINT not in kept.health.ready().problems
    fail_once(kept.store)
    kept.after(60.0)
    assert "No space left" in kept.health.ready().problems[CHECKPOINT]
    kept.after(10.0)
    assert CHECKPOINT not in kept.health.ready().problems


def fail_once(store: CheckpointStore) -> None:
    """The disk is full for the next checkpoint, and has room again for the one after it."""
    (store.directory / "state.tmp").symlink_to("/dev/full")


def test_a_checkpoint_that_failed_is_tried_again_though_nothing_has_come_since(kept: Kept) -> None:
    kept.pipeline.feed(*freezer(0, 10))
    fail_once(kept.store)
    kept.after(60.0)
    assert kept.store.read() is None
    kept.after(10.0)
    assert kept.store.read() is not None


def test_what_a_failed_checkpoint_has_not_saved_is_saved_at_the_end(kept: Kept) -> None:
    kept.pipeline.feed(*freezer(0, 10))
    fail_once(kept.store)
    kept.after(60.0)
    kept.upkeep.finish()
    assert kept.store.read() is not None


def test_the_loop_beats_and_a_dead_network_thread_does_not(kept: Kept) -> None:
    kept.after(31.0)
    assert set(kept.health.live().problems) == {MQTT}


def test_states_are_refreshed_in_time(kept: Kept) -> None:
    kept.pipeline.feed(*freezer(0, 10))
    kept.after(1.0)
    kept.after(60.0)
    assert [topic for topic, *_ in kept.states.published] == ["streamrnn/gw/state/plant/freezer"]
