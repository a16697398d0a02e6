"""The daemon: puts the parts together, runs the loop, and takes everything down in good order.

run_daemon        what `streamrnn run` calls: signals, logs, exit code
  Daemon          start -> turns -> stop
    loop          messages -> decisions -> events
    upkeep        what happens between batches
    reload        SIGHUP: new settings for a running daemon
"""

from __future__ import annotations

import logging
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Final

import numpy as np

from streamrnn import __version__
from streamrnn.config import AlertsConfig, Config, DetectorConfig
from streamrnn.config.state_directory import state_directory
from streamrnn.detect import Bank, EventTracker
from streamrnn.detect.recipe import HISTORY
from streamrnn.detect.topics import GatewayTopics
from streamrnn.ingest import Ingest
from streamrnn.service import failpoint, logs
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
from streamrnn.service.homeassistant import HomeAssistant
from streamrnn.service.http import HttpServer
from streamrnn.service.logs import RateLimited
from streamrnn.service.loop import MOST_MESSAGES, Loop
from streamrnn.service.memory import within_memory
from streamrnn.service.metrics import metrics_registry
from streamrnn.service.mqtt import Backoff, MqttLink
from streamrnn.service.notify import Notifier
from streamrnn.service.outbox import AlertOutbox
from streamrnn.service.reload import Adjustable, reload
from streamrnn.service.safekeeping import Safekeeping
from streamrnn.service.sinks import EventLog, EventTopic, StateTopics
from streamrnn.service.sinks.outlets import Outlets, destinations
from streamrnn.service.state import restore
from streamrnn.service.trainer import ThreadRetrainer
from streamrnn.service.upkeep import (
    CONDITIONS,
    LOOP,
    LOOP_SILENCE_SECONDS,
    MQTT,
    MQTT_SILENCE_SECONDS,
    Upkeep,
    empty_snapshot,
)

log = logging.getLogger("streamrnn.daemon")

_TURN_SECONDS: Final = 0.1  # the longest wait for messages: what a signal or a scrape may take
# In a flood the loop waits for a larger batch: each of its turns takes the GIL from the network
# thread. With a rest between turns a sixth more messages got through.
_FLOOD: Final = 50
_GATHER_SECONDS: Final = 0.02
_RAISE_AGAIN_SECONDS: Final = 0.1
_OUTBOX_STOP_SECONDS: Final = 1.0
_LINK_STOP_SECONDS: Final = 3.0  # together with a slow disk and HTTP well below 10 s


@dataclass
class Signals:
    """What the signal handlers have noted; while the daemon runs they do no more than that."""

    starting: bool = True
    stop: bool = False
    reload: bool = False


class StoppedAtStartError(BaseException):
    """Asked to stop while starting. Compiling kernels may take half a minute on a small machine,
    too long to look at a flag afterwards. Not an `Exception`: nothing on the way may catch it."""


class Daemon:
    """One running daemon. `run` returns after `signals.stop` was set.

    load: reads the settings anew, for a reload. environ: of the process. disk, at: where the
    torture campaign takes hold.
    """

    def __init__(
        self,
        config: Config,
        load: Callable[[], Config],
        environ: Mapping[str, str],
        *,
        disk: Disk | None = None,
        at: Failpoint = failpoint.nothing,
    ) -> None:
        self.signals = Signals()
        self._config = config
        self._load = load
        self._environ = environ
        self._disk = disk or Disk()
        self._at = at
        self._notifier = Notifier.from_environment(environ)
        self._health = Health(time.monotonic, CONDITIONS)
        self._complaints = RateLimited(log, time.monotonic)

    def run(self) -> None:
        """Raises ConfigError or StateError when it cannot start."""
        begun = time.monotonic()
        with ExitStack() as stack:
            try:
                loop, upkeep, adjustable = self._start(stack)
            finally:
                self.signals.starting = False  # nothing is raised while the stack takes it down
            seconds = round(time.monotonic() - begun, 2)
            log.info("ready", extra={"data": {"seconds": seconds, "version": __version__}})
            self._notifier.ready(f"{len(loop.state.bank.slots)} streams")
            while not self.signals.stop:
                if _FLOOD <= loop.turn(_TURN_SECONDS) < MOST_MESSAGES:
                    time.sleep(_GATHER_SECONDS)
                upkeep.turn()
                self._notifier.alive(time.monotonic(), upkeep.status_line)
                if self.signals.reload:
                    self.signals.reload = False
                    self._reload(adjustable)
            self._notifier.stopping("saving state")
            upkeep.finish()
        log.info("stopped", extra={"data": {"messages": loop.messages_total}})

    def _start(self, stack: ExitStack) -> tuple[Loop, Upkeep, Adjustable]:
        """Builds and starts everything; what can fail at once comes first, what takes long last.
        `stack` takes it down in the opposite order."""
        config = self._config
        gateway = config.gateway.name
        topics = GatewayTopics(config.alerts.topic_prefix, gateway)
        store = CheckpointStore(state_directory(config.state, self._environ), self._disk)
        store.claim()
        stack.callback(store.release)
        outbox = self._open_outbox(stack, store.directory)
        outlets = self._start_outlets(stack, store.directory, outbox)
        trainer = ThreadRetrainer(at=self._at)
        stack.callback(trainer.close)
        state = restore(store, config, trainer)
        mailbox = SnapshotMailbox(empty_snapshot(gateway, state.bank))
        self._start_http(stack, mailbox, outlets)
        _beside(lambda: compile_kernels(config.detector))

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
            ledger=store.directory / "homeassistant.json",
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
        return loop, upkeep, Adjustable(loop, link, desk, states)

    def _start_http(self, stack: ExitStack, mailbox: SnapshotMailbox, outlets: Outlets) -> None:
        config = self._config.http
        if not config.enabled:
            return
        registry = metrics_registry(mailbox.read, self._health, outlets.tallies)
        server = HttpServer(config, registry, self._health, mailbox.read)
        stack.callback(server.stop)
        host, port = server.start()
        log.info("listening", extra={"data": {"host": host, "port": port}})

    def _open_outbox(self, stack: ExitStack, directory: Path) -> AlertOutbox:
        outbox = AlertOutbox(
            directory,
            [
                EventTopic.DESTINATION,
                *destinations(self._config.webhook, self._config.influxdb, self._config.history),
            ],
            capacity=self._config.alerts.outbox_size,
            complaints=self._complaints,
            disk=self._disk,
        )
        outbox.start()
        stack.callback(outbox.close, _OUTBOX_STOP_SECONDS)
        return outbox

    def _start_outlets(self, stack: ExitStack, directory: Path, outbox: AlertOutbox) -> Outlets:
        config = self._config
        outlets = Outlets(
            config.webhook,
            config.influxdb,
            config.history,
            gateway=config.gateway.name,
            directory=directory,
            outbox=outbox,
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

    def _reload(self, adjustable: Adjustable) -> None:
        self._notifier.reloading()
        running = self._config
        self._config = reload(running, self._load, adjustable)
        refused = self._config is running
        self._notifier.ready(f"settings {'refused, see the log' if refused else 'reloaded'}")


def compile_kernels(config: DetectorConfig) -> None:
    """Let a stream of no account live through everything, a retraining included: Numba compiles
    at first use, which takes seconds and must not happen under load."""
    begun = time.monotonic()
    seconds = float(HISTORY)
    bank = Bank(config.model_copy(update={"retrain_every": seconds}))
    times = np.arange(3.0 * seconds)
    readings = np.full(times.size, bank.slot("rehearsal")), np.sin(times), times
    decisions = bank.step(*readings)
    EventTracker(AlertsConfig(), "rehearsal").observe(bank.names, *readings, decisions)
    log.info("kernels_ready", extra={"data": {"seconds": round(time.monotonic() - begun, 2)}})


def _beside(work: Callable[[], None]) -> None:
    """On a thread of its own, while ours waits and can be stopped: an exception that is raised in
    the midst of compiling may be dropped by a callback of LLVM, or leave LLVM in pieces."""
    executor = ThreadPoolExecutor(1, "start")
    executor.submit(work).result()
    executor.shutdown()


def run_daemon(
    load: Callable[[], Config],
    environ: Mapping[str, str] = os.environ,
    *,
    disk: Disk | None = None,
    at: Failpoint = failpoint.nothing,
) -> int:
    """Run until SIGTERM or SIGINT; SIGHUP reloads the settings. Returns the exit code, 0.

    load: reads and checks the settings. Call from the main thread. disk, at: see `Daemon`.

    Raises ConfigError or StateError when the daemon cannot start.
    """
    config = load()
    logs.configure(config.log, sys.stderr)
    daemon = Daemon(config, load, environ, disk=disk, at=at)
    with _handled(daemon.signals):
        try:
            daemon.run()
        except StoppedAtStartError:
            log.info("stopped_at_start")
            # All is taken down but the compiler, which cannot be stopped.
            logging.shutdown()
            os._exit(0)
    return 0


@contextmanager
def _handled(signals: Signals) -> Iterator[None]:
    """Signals set flags while the block runs."""

    def stop(number: int, frame: FrameType | None) -> None:
        signals.stop = True
        if signals.starting:
            # Python drops an exception that is raised in a destructor or in a callback: it is
            # raised again until one gets through.
            signal.setitimer(signal.ITIMER_REAL, _RAISE_AGAIN_SECONDS)
            raise StoppedAtStartError

    def reload_settings(number: int, frame: FrameType | None) -> None:
        signals.reload = True

    handlers = {
        signal.SIGTERM: stop,
        signal.SIGINT: stop,
        signal.SIGALRM: stop,
        signal.SIGHUP: reload_settings,
    }
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        for number, handler_before in before.items():
            signal.signal(number, handler_before)
