"""What the loop does between batches: answer scrapes, refresh states, save, report health."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from typing import Final

import numpy as np

from streamrnn.detect import Bank
from streamrnn.records import Reason
from streamrnn.service.activity import Activity
from streamrnn.service.checkpoint import Checkpointer
from streamrnn.service.fleet import FleetSnapshot, SnapshotMailbox
from streamrnn.service.health import Health
from streamrnn.service.logs import RateLimited
from streamrnn.service.loop import Loop
from streamrnn.service.mqtt import MqttLink
from streamrnn.service.sinks import StateTopics
from streamrnn.service.state import capture
from streamrnn.service.trainer import ThreadRetrainer

LOOP, MQTT = "loop", "mqtt"
BROKER, SUBSCRIPTIONS, CHECKPOINT = "broker", "subscriptions", "checkpoint"
CONDITIONS: Final = (BROKER, SUBSCRIPTIONS, CHECKPOINT)
LOOP_SILENCE_SECONDS: Final = 30.0
MQTT_SILENCE_SECONDS: Final = 60.0

_TICK_SECONDS: Final = 0.25  # nothing but scrapes needs to be answered faster
_FAILURES_TOLERATED: Final = 2
_PATIENCE_SECONDS: Final = 3.0  # with the disk, at stop
_NO_TURN_SECONDS: Final = 30.0  # of the network thread: name resolution may take so long


class Upkeep:
    """Called by the loop's thread after every batch; most calls do nothing."""

    def __init__(
        self,
        gateway: str,
        loop: Loop,
        link: MqttLink,
        *,
        mailbox: SnapshotMailbox,
        activity: Activity,
        states: StateTopics,
        checkpointer: Checkpointer,
        checkpoint_every: float,
        trainer: ThreadRetrainer,
        health: Health,
        complaints: RateLimited,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._gateway = gateway
        self._loop = loop
        self._link = link
        self._mailbox = mailbox
        self._activity = activity
        self._states = states
        self._checkpointer = checkpointer
        self._checkpoint_every = checkpoint_every
        self._trainer = trainer
        self._health = health
        self._complaints = complaints
        self._clock = clock
        self._next_tick = 0.0
        self._tried_at = clock()

    def turn(self) -> None:
        if self._mailbox.wanted:
            self._mailbox.put(self.snapshot())
        now = self._clock()
        if now >= self._next_tick:
            self._next_tick = now + _TICK_SECONDS
            self._tick(now)

    def finish(self) -> None:
        """The last checkpoint, written when this returns, if the disk lets us."""
        give_up_at = time.monotonic() + _PATIENCE_SECONDS
        self._checkpointer.wait(_PATIENCE_SECONDS)
        if not self._checkpointer.busy:
            self._save()
            self._checkpointer.wait(max(0.0, give_up_at - time.monotonic()))

    def snapshot(self) -> FleetSnapshot:
        bank, tracker = self._loop.state
        link, checkpointer = self._link, self._checkpointer
        anomaly_active = np.zeros(len(bank.names), np.bool_)
        anomaly_active[tracker.open_slots()] = True
        anomaly_active[[bank.slot(stream) for stream in self._activity.held()]] = True
        return FleetSnapshot(
            gateway=self._gateway,
            time=time.time(),
            names=tuple(bank.names),
            status=bank.status(),
            anomaly_active=anomaly_active,
            anomalies_total=dict(self._activity.opened),
            open_events=tuple(tracker.open_events()),
            dropped=self._dropped(),
            messages_total=self._loop.messages_total,
            readings_total=self._loop.readings_total,
            training=self._trainer.counts,
            queue_depth=link.queue_depth,
            outbox_depth=link.outbox_depth,
            connected=link.connected,
            reconnects=link.reconnects,
            rebuilds=link.rebuilds,
            checkpoint_time=checkpointer.last_time,
            checkpoint_duration_seconds=checkpointer.last_duration_seconds,
        )

    def _tick(self, now: float) -> None:
        self._health.beat(LOOP)
        self._report_link()
        self._checkpointer.collect()
        self._report_checkpoints()
        if now - self._tried_at >= self._checkpoint_every and not self._checkpointer.busy:
            self._save()
        self._refresh_states(now)
        self._complaints.flush()

    def _save(self) -> None:
        """Begin a checkpoint, unless nothing has come since the last that is on disk."""
        self._tried_at = self._clock()
        messages = self._loop.messages_total
        if messages != self._checkpointer.saved_version:
            self._checkpointer.save(*capture(self._loop.state), messages)

    def _refresh_states(self, now: float) -> None:
        bank, tracker = self._loop.state
        due = self._states.due(len(bank.names), now)
        if due:
            since = {event.stream: event.since for event in tracker.open_events()}
            self._states.refresh(due, bank.names, bank.status(), since, now)

    def _report_link(self) -> None:
        link, health = self._link, self._health
        at = link.last_progress_at
        if link.alive and (at is None or time.time() - at < _NO_TURN_SECONDS):
            health.beat(MQTT)
        if link.connected:
            health.ok(BROKER)
        else:
            health.fail(BROKER, link.problem or "connecting")
        if link.subscribed:
            health.ok(SUBSCRIPTIONS)
        elif refused := link.refused_filters:
            named = ", ".join(f"{topic} ({why})" for topic, why in refused.items())
            health.fail(SUBSCRIPTIONS, f"refused by the broker: {named}; check its access rules")
        else:
            health.fail(SUBSCRIPTIONS, "not yet granted by the broker")

    def _report_checkpoints(self) -> None:
        failures = self._checkpointer.failures
        if failures > _FAILURES_TOLERATED:
            self._health.fail(
                CHECKPOINT, f"{failures} in a row have failed: {self._checkpointer.problem}"
            )
        else:
            self._health.ok(CHECKPOINT)

    def _dropped(self) -> Counter[Reason]:
        """Copies: the network thread goes on counting."""
        return self._loop.ingest.rejected + self._loop.dropped + self._link.dropped.copy()


def empty_snapshot(gateway: str, bank: Bank) -> FleetSnapshot:
    """For readers that come before the loop begins."""
    return FleetSnapshot(
        gateway=gateway,
        time=time.time(),
        names=tuple(bank.names),
        status=bank.status(),
        anomaly_active=np.zeros(len(bank.names), np.bool_),
    )
