"""What people tell a stream over MQTT: ack, snooze 2h, reset, not_an_anomaly."""

from __future__ import annotations

import logging
from enum import StrEnum
from typing import NamedTuple

from streamrnn.config.duration import format_duration, parse_duration
from streamrnn.detect.topics import GatewayTopics, topic_levels
from streamrnn.records import Event, Message
from streamrnn.service.logs import RateLimited
from streamrnn.service.state import State

log = logging.getLogger("streamrnn.commands")


class Verb(StrEnum):
    ACK = "ack"
    SNOOZE = "snooze"
    RESET = "reset"
    NOT_AN_ANOMALY = "not_an_anomaly"


class Command(NamedTuple):
    """seconds: how long to snooze; 0 for the other verbs."""

    verb: Verb
    seconds: float


def parse_command(payload: bytes) -> Command:
    """Raises ValueError, its message a rule that starts with "must"."""
    words = payload[:100].decode("utf-8", "replace").split()
    match words:
        case ["snooze", length]:
            seconds = parse_duration(length)
            if seconds == 0.0:
                raise ValueError('must name a length of time above zero, such as "snooze 2h"')
            return Command(Verb.SNOOZE, seconds)
        case [word] if word in (Verb.ACK, Verb.RESET, Verb.NOT_AN_ANOMALY):
            return Command(Verb(word), 0.0)
    raise ValueError('must be "ack", "snooze 2h", "reset" or "not_an_anomaly"')


class CommandDesk:
    """Carries out commands; anybody may send them, so what is wrong is logged at a limited rate."""

    def __init__(
        self, state: State, topics: GatewayTopics, complaints: RateLimited, *, enabled: bool
    ) -> None:
        self.enabled = enabled
        self._state = state
        self._topics = topics
        self._complaints = complaints

    def carry_out(self, message: Message) -> Event | None:
        """The event that the command caused, if any."""
        levels = message.topic.removeprefix(self._topics.commands)
        slot = self._slot(levels)
        try:
            if not self.enabled:
                raise ValueError("must be allowed first: set alerts.commands = true")
            if message.retain:
                raise ValueError("must not be retained: it would be repeated at every connection")
            if slot is None:
                raise ValueError(
                    "must name a stream that is known; its events and metrics show how"
                )
            command = parse_command(message.payload)
        except ValueError as problem:
            data = {"topic": message.topic, "payload": message.payload[:100], "problem": problem}
            self._complaints.log(logging.WARNING, "command_refused", "command", data)
            return None
        data = {"stream": self._state.bank.names[slot], "command": command.verb.value}
        if command.seconds:
            data["length"] = format_duration(command.seconds)
        log.info("command", extra={"data": data})
        return self._apply(command, slot)

    def _apply(self, command: Command, slot: int) -> Event | None:
        bank, tracker = self._state.bank, self._state.tracker
        match command.verb:
            case Verb.ACK:
                tracker.acknowledge(slot)
                return None
            case Verb.SNOOZE:
                return tracker.snooze(slot, command.seconds)
            case Verb.RESET:
                bank.reset(slot)
                return tracker.forget(slot)
            case Verb.NOT_AN_ANOMALY:
                for member in tracker.concerned(slot):
                    bank.forgive(member)
                return tracker.dismiss(slot)

    def _slot(self, levels: str) -> int | None:
        for slot, name in enumerate(self._state.bank.names):
            if topic_levels(name) == levels:
                return slot
        return None
