"""Builds and starts the parts of the daemon, each with the settings that are its own."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Final, NamedTuple

from streamrnn.config import Config
from streamrnn.config.state_directory import state_directory
from streamrnn.detect.topics import GatewayTopics
from streamrnn.ingest import Ingest
from streamrnn.service.acknowledgements import Acknowledgements
from streamrnn.service.activity import Activity
from streamrnn.service.checkpoint import CheckpointStore
from streamrnn.service.checkpointer import Checkpointer
from streamrnn.service.commands import CommandDesk
from streamrnn.service.disk import Disk
from streamrnn.service.durability import Durability
from streamrnn.service.failpoint import Failpoint
from streamrnn.service.fleet import SnapshotMailbox
from streamrnn.service.health import Health
from streamrnn.service.homeassistant import HomeAssistant, Ledger
from streamrnn.service.http import HttpServer
from streamrnn.service.logs import RateLimited
from streamrnn.service.loop import Loop
from streamrnn.service.memory import within_memory
from streamrnn.service.metrics import metrics_registry
from streamrnn.service.mqtt import Backoff, MqttLink
from streamrnn.service.outbox import AlertOutbox
from streamrnn.service.rehearsal import beside, compile_kernels
from streamrnn.service.reload import Adjustable
from streamrnn.service.safekeeping import Safekeeping
from streamrnn.service.sinks import EventLog, EventTopic, StateTopics
from streamrnn.service.sinks.outlets import Outlets, destinations
from streamrnn.service.state import restore
from streamrnn.service.trainer import ThreadRetrainer
from streamrnn.service.upkeep import (
    LOOP,
    LOOP_SILENCE_SECONDS,
    MQTT,
    MQTT_SILENCE_SECONDS,
    Upkeep,
    empty_snapshot,
)

log = logging.getLogger("streamrnn.daemon")

_OUTBOX_STOP_SECONDS: Final = 1.0
_LINK_STOP_SECONDS: Final = 3.0  # together with a slow disk and HTTP well below 10 s


class Parts(NamedTuple):
    """What is left to do with them: turn after turn of `loop` and `upkeep`, and reloads."""

    loop: Loop
    upkeep: Upkeep
    adjustable: Adjustable


class Assembly:
    """disk, at: where the torture campaign takes hold."""

    def __init__(
        self,
        config: Config,
        environ: Mapping[str, str],
        health: Health,
        complaints: RateLimited,
        *,
        disk: Disk,
        at: Failpoint,
    ) -> None:
        self._config = config
        self._environ = environ
        self._health = health
        self._complaints = complaints
        self._disk = disk
        self._at = at

    def start(self, stack: ExitStack) -> Parts:
        """What can fail at once comes first, what takes long last. `stack` takes it down in the
        opposite order.

        Raises ConfigError or StateError when it cannot start.
        """
        config = self._config
        gateway = config.gateway.name
        topics = GatewayTopics(config.alerts.topic_prefix, gateway)
        store = CheckpointStore(state_directory(config.state, self._environ), self._disk)
        store.claim.take()
        stack.callback(store.claim.release)
        outbox = self._open_outbox(stack, store)
        outlets = self._start_outlets(stack, store, outbox)
        trainer = ThreadRetrainer(at=self._at)
        stack.callback(trainer.close)
        state = restore(store, config, trainer)
        mailbox = SnapshotMailbox(empty_snapshot(gateway, state.bank))
        self._start_http(stack, mailbox, outlets)
        beside(lambda: compile_kernels(config.detector))

        limits = within_memory(config.limits, config.detector)
        ingest = Ingest(config.source, limits, config.alerts.topic_prefix, state.formats)
        for stream in state.bank.slots:
            ingest.admit(stream)
        link = self._make_link(ingest, had_session=bool(state.bank.slots))
        events = EventTopic(outbox, link, topics)
        stack.callback(events.stop)  # after the link, which publishes until it stops
        self._start_link(stack, link)
        events.start()
        states = StateTopics(
            link, topics, config.alerts.state_every, time.monotonic(), state.withdrawals
        )
        activity = Activity(time.monotonic)
        desk = CommandDesk(state, topics, self._complaints, enabled=config.alerts.commands)
        homeassistant = HomeAssistant(
            config.homeassistant,
            link,
            topics,
            read=mailbox.read,
            buttons=lambda: desk.enabled,
            ledger=Ledger(store.directory, self._disk, store.claim.keep),
        )
        homeassistant.start()
        stack.callback(homeassistant.stop)
        sinks = (states, EventLog(), activity)
        loop = Loop(
            link,
            ingest,
            state,
            sinks,
            desk,
            self._complaints,
            topics,
            outbox=outbox,
            acknowledgements=Acknowledgements(link),
            reading_sinks=outlets.readings,
            groups=config.group,
            listeners=dict.fromkeys(self._status_topics(), homeassistant.hear),
            rememberers=(states, activity),
            at=self._at,
        )
        safekeeping = Safekeeping(
            loop,
            outbox,
            Checkpointer(store),
            Durability(config.state.durability, config.state.checkpoint_every),
            self._health,
            every=config.state.checkpoint_every,
            at=self._at,
        )
        upkeep = Upkeep(
            gateway,
            loop,
            link,
            mailbox=mailbox,
            activity=activity,
            states=states,
            safekeeping=safekeeping,
            trainer=trainer,
            health=self._health,
            complaints=self._complaints,
        )
        return Parts(loop, upkeep, Adjustable(loop, link, desk, states))

    def _start_http(self, stack: ExitStack, mailbox: SnapshotMailbox, outlets: Outlets) -> None:
        config = self._config.http
        if not config.enabled:
            return
        registry = metrics_registry(mailbox.read, self._health, outlets.tallies)
        server = HttpServer(config, registry, self._health, mailbox.read)
        stack.callback(server.stop)
        host, port = server.start()
        log.info("listening", extra={"data": {"host": host, "port": port}})

    def _open_outbox(self, stack: ExitStack, store: CheckpointStore) -> AlertOutbox:
        outbox = AlertOutbox(
            store.directory,
            [
                EventTopic.DESTINATION,
                *destinations(self._config.webhook, self._config.influxdb, self._config.history),
            ],
            capacity=self._config.alerts.outbox_size,
            complaints=self._complaints,
            disk=self._disk,
            keep=store.claim.keep,
        )
        outbox.start()
        stack.callback(outbox.close, _OUTBOX_STOP_SECONDS)
        return outbox

    def _start_outlets(
        self, stack: ExitStack, store: CheckpointStore, outbox: AlertOutbox
    ) -> Outlets:
        config = self._config
        outlets = Outlets(
            config.webhook,
            config.influxdb,
            config.history,
            gateway=config.gateway.name,
            directory=store.directory,
            outbox=outbox,
            keep=store.claim.keep,
        )
        outlets.start()
        stack.callback(outlets.stop)
        return outlets

    def _make_link(self, ingest: Ingest, *, had_session: bool) -> MqttLink:
        config = self._config
        link = MqttLink(
            config.mqtt,
            config.gateway.name,
            config.alerts.topic_prefix,
            backoff=Backoff(random.Random()),
            always=self._status_topics(),
            had_session=had_session,
        )
        link.set_subscriptions(ingest.topic_filters())
        return link

    def _status_topics(self) -> list[str]:
        """Where others say that they have started, as far as we care."""
        config = self._config.homeassistant
        return [config.status_topic] if config.enabled else []

    def _start_link(self, stack: ExitStack, link: MqttLink) -> None:
        link.start()
        stack.callback(link.stop, _LINK_STOP_SECONDS)
        self._health.watch(LOOP, silence_seconds=LOOP_SILENCE_SECONDS)
        self._health.watch(MQTT, silence_seconds=MQTT_SILENCE_SECONDS)
