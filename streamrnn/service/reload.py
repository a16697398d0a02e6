"""SIGHUP: new settings for a running daemon, all of them or none."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from typing import NamedTuple

from streamrnn.config import AlertsConfig, Config
from streamrnn.config.changes import changes
from streamrnn.errors import ConfigError
from streamrnn.ingest import Ingest
from streamrnn.service import logs
from streamrnn.service.commands import CommandDesk
from streamrnn.service.loop import Loop
from streamrnn.service.memory import within_memory
from streamrnn.service.mqtt import MqttLink
from streamrnn.service.sinks import StateTopics

log = logging.getLogger("streamrnn.reload")


class Adjustable(NamedTuple):
    """The parts that take new settings while they run."""

    loop: Loop
    link: MqttLink
    desk: CommandDesk
    states: StateTopics


def reload(running: Config, load: Callable[[], Config], parts: Adjustable) -> Config:
    """The settings that run from now on: those of `load` as far as they can be changed now.

    Settings with a mistake change nothing; every mistake is logged.
    """
    try:
        wanted = load()
    except ConfigError as error:
        for problem in error.problems:
            log.error("reload_refused", extra={"data": {"problem": problem}})
        return running
    found = changes(running, wanted)
    later = [change.path for change in found if change.needs_restart]
    now = [change.path for change in found if not change.needs_restart]
    effective = _effective(running, wanted)
    try:
        _apply(running, effective, parts)
    except ValueError as error:  # from sources that the running settings do not go with
        log.error("reload_refused", extra={"data": {"problem": str(error)}})
        return running
    log.info("reloaded", extra={"data": {"changed": now}})
    if later:
        log.warning("reload_needs_restart", extra={"data": {"settings": later}})
    return effective


def _effective(running: Config, wanted: Config) -> Config:
    alerts = wanted.alerts.model_copy(update={"topic_prefix": running.alerts.topic_prefix})
    live = {
        "source": wanted.source,
        "alerts": alerts,
        "limits": wanted.limits,
        "log": wanted.log,
    }
    return running.model_copy(update=live)


def _apply(running: Config, effective: Config, parts: Adjustable) -> None:
    """Raises ValueError for sources that cannot be subscribed to; nothing has changed then."""
    if (running.source, running.limits) != (effective.source, effective.limits):
        _apply_sources(effective, parts)
    logs.configure(effective.log, sys.stderr)
    _apply_alerts(effective.alerts, parts)
    parts.link.retry_denied()


def _apply_sources(effective: Config, parts: Adjustable) -> None:
    loop = parts.loop
    limits = within_memory(effective.limits, effective.detector)
    prefix = effective.alerts.topic_prefix
    ingest = Ingest(effective.source, limits, prefix, loop.state.formats)
    for stream in loop.state.bank.slots:
        ingest.admit(stream)
    ingest.rejected.update(loop.ingest.rejected)  # counters must not fall
    ingest.disbelieved = loop.ingest.disbelieved
    parts.link.set_subscriptions(ingest.topic_filters())  # changes nothing when it raises
    loop.ingest = ingest


def _apply_alerts(alerts: AlertsConfig, parts: Adjustable) -> None:
    parts.loop.state.tracker.configure(alerts)
    parts.desk.enabled = alerts.commands
    parts.states.every_seconds = alerts.state_every
