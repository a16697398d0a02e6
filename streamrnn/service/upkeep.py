"""What the loop does between batches: answer scrapes, refresh states, save, report health."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from streamrnn.detect import Bank
from streamrnn.records import Reason
from streamrnn.service.activity import Activity
from streamrnn.service.fleet import FleetSnapshot, SnapshotMailbox
from streamrnn.service.health import Health
from streamrnn.service.logs import RateLimited
from streamrnn.service.loop import MOST_MESSAGES, Loop
from streamrnn.service.mqtt import MqttLink
from streamrnn.service.safekeeping import CHECKPOINT, OUTBOX, Safekeeping
from streamrnn.service.sinks import StateTopics
from streamrnn.service.trainer import ThreadRetrainer
from streamrnn.service.unheard import Unheard

LOOP, MQTT = "loop", "mqtt"
BROKER, SUBSCRIPTIONS = "broker", "subscriptions"
CONDITIONS: Final = (BROKER, SUBSCRIPTIONS, CHECKPOINT, OUTBOX)
LOOP_SILENCE_SECONDS: Final = 30.0
MQTT_SILENCE_SECONDS: Final = 60.0

_TICK_SECONDS: Final = 0.25  # nothing but scrapes needs to be answered faster
_SILENCE_SECONDS: Final = 1.0


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
        safekeeping: Safekeeping,
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
        self._safekeeping = safekeeping
        self._trainer = trainer
        self._health = health
        self._complaints = complaints
        self._clock = clock
        self._next_tick = 0.0
        self._next_look = 0.0
        self._unheard = Unheard()

    def turn(self) -> None:
        if self._mailbox.wanted:
            self._mailbox.put(self.snapshot())
        now = self._clock()
        self._safekeeping.turn(now)
        if now >= self._next_tick:
            self._next_tick = now + _TICK_SECONDS
            self._tick(now)

    def finish(self) -> None:
        """The last checkpoint, written when this returns, if the disk lets us."""
        self._safekeeping.finish()

    def status_line(self) -> str:
        """How we are, for `systemctl status`."""
        durability = self._safekeeping.durability
        link = "connected" if self._link.connected else f"not connected ({self._link.problem})"
        anomalies = len(self._loop.state.tracker.open_slots())
        return (
            f"{len(self._loop.state.bank.slots)} streams, {anomalies} anomalous; {link}, "
            f"{durability.rate:.3g} messages/s, durability {durability.mode}"
        )

    def snapshot(self) -> FleetSnapshot:
        bank, tracker = self._loop.state.bank, self._loop.state.tracker
        link, checkpointer = self._link, self._safekeeping.checkpointer
        used = slots_in_use(bank)
        anomaly_active = np.zeros(len(bank.names), np.bool_)
        anomaly_active[tracker.open_slots()] = True
        anomaly_active[[bank.slots[stream] for stream in self._activity.held()]] = True
        now = time.time()
        return FleetSnapshot(
            gateway=self._gateway,
            time=now,
            names=tuple(map(bank.names.__getitem__, used.tolist())),
            status=bank.status().of(used),
            anomaly_active=anomaly_active[used],
            anomalies_total=dict(self._activity.opened),
            open_events=tuple(tracker.open_events()),
            quiet_until=tracker.quiet_until(now),
            infos=dict(self._loop.ingest.infos),
            devices={stream: bank.device(stream) for stream in bank.slots},
            dropped=self._dropped(),
            disbelieved=self._loop.ingest.disbelieved,
            messages_total=self._loop.messages_total,
            readings_total=self._loop.readings_total,
            shed_total=self._loop.shedding.total,
            most_streams=self._loop.ingest.max_streams,
            training=self._trainer.counts,
            queue_depth=link.queue_depth,
            outbox_depth=self._safekeeping.outbox.waiting,
            connected=link.connected,
            reconnects=link.reconnects,
            rebuilds=link.rebuilds,
            checkpoint_time=checkpointer.last_time,
            checkpoint_duration_seconds=checkpointer.last_duration_seconds,
        )

    def _tick(self, now: float) -> None:
        self._health.beat(LOOP)
        self._trainer.look_after()
        self._report_link()
        self._safekeeping.tick(now, self._link.window)
        messages = self._loop.messages_total
        self._unheard.look(now, listening=self._link.subscribed, messages=messages)
        self._look_for_silence(now)
        self._refresh_states(now)
        self._states.withdraw(now)
        self._publish_requests()
        self._complaints.flush()

    def _look_for_silence(self, now: float) -> None:
        if now < self._next_look:
            return
        self._next_look = now + _SILENCE_SECONDS
        if self._link.queue_depth <= MOST_MESSAGES:  # else readings wait there to be heard
            self._loop.look_for_silence(listening=self._link.subscribed)

    def _refresh_states(self, now: float) -> None:
        bank, tracker = self._loop.state.bank, self._loop.state.tracker
        due = self._states.due(len(bank.names), now)
        if due:
            self._states.refresh(due, bank.names, bank.status(), tracker.open_by_stream(), now)

    def _publish_requests(self) -> None:
        """What payload formats ask of devices, such as Sparkplug's rebirth. QoS 0: a request that
        is lost is made again while there is need."""
        requests = self._loop.ingest.requests
        while requests:
            request = requests.popleft()
            self._link.publish(request.topic, request.payload, qos=0)
            data = {"topic": request.topic}
            self._complaints.log(logging.INFO, "request_sent", "request_sent", data)

    def _report_link(self) -> None:
        link, health = self._link, self._health
        if link.stuck:
            link.rebuild()
        elif link.alive:
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

    def _dropped(self) -> Counter[Reason]:
        """Copies: the network thread goes on counting."""
        return self._loop.ingest.rejected + self._loop.dropped + self._link.dropped.copy()


def empty_snapshot(gateway: str, bank: Bank) -> FleetSnapshot:
    """For readers that come before the loop begins."""
    used = slots_in_use(bank)
    return FleetSnapshot(
        gateway=gateway,
        time=time.time(),
        names=tuple(map(bank.names.__getitem__, used.tolist())),
        status=bank.status().of(used),
        anomaly_active=np.zeros(len(used), np.bool_),
        devices={stream: bank.device(stream) for stream in bank.slots},
    )


def slots_in_use(bank: Bank) -> NDArray[np.int64]:
    """In rising order."""
    return np.sort(np.fromiter(bank.slots.values(), np.int64, len(bank.slots)))
