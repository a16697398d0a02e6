"""What people tell a stream over MQTT: ack, snooze 2h, reset, not_an_anomaly."""

from __future__ import annotations

import logging
from enum import StrEnum
from typing import Final, NamedTuple

from streamrnn.config.duration import format_duration, parse_duration
from streamrnn.detect.topics import GatewayTopics, topic_levels
from streamrnn.ingest.budget import Budget
from streamrnn.records import Event, Message
from streamrnn.service.logs import RateLimited
from streamrnn.service.state import State

log = logging.getLogger("streamrnn.commands")

_LONGEST_COMMAND: Final = 100  # bytes
_COMMANDS_AT_ONCE: Final = 200  # as many as a script sends that deals with every stream in turn
_COMMANDS_PER_SECOND: Final = 10.0


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
    if len(payload) > _LONGEST_COMMAND:
        raise ValueError(f"must have at most {_LONGEST_COMMAND} bytes")
    words = payload.decode("utf-8", "replace").split()
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
    """Carries out commands. Anybody whom the broker lets may send them: what is wrong is logged at
    a limited rate, and so many in a short time are refused that none can hold up the readings."""

    def __init__(
        self, state: State, topics: GatewayTopics, complaints: RateLimited, *, enabled: bool
    ) -> None:
        self.enabled = enabled
        self._state = state
        self._topics = topics
        self._complaints = complaints
        self._budget = Budget(_COMMANDS_AT_ONCE, _COMMANDS_PER_SECOND)

    def carry_out(self, message: Message) -> Event | None:
        """The event that the command caused, if any."""
        try:
            if not self.enabled:
                raise ValueError("must be allowed first: set alerts.commands = true")
            if message.retain:
                raise ValueError("must not be retained: it would be repeated at every connection")
            if not self._budget.take(message.received_at):
                raise ValueError(f"must not come faster than {_COMMANDS_PER_SECOND:g} a second")
            command = parse_command(message.payload)
            slot = self._slot(message.topic.removeprefix(self._topics.commands))
        except ValueError as problem:
            payload = message.payload[:100].decode(errors="replace")
            data = {"topic": message.topic, "payload": payload, "problem": problem}
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
                if bank.config.adapt_after == "on_ack":
                    for member in tracker.concerned(slot):
                        bank.accept(member)
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

    def _slot(self, levels: str) -> int:
        for name, slot in self._state.bank.slots.items():
            if topic_levels(name) == levels:
                return slot
        raise ValueError("no stream has this topic; the alerts of a stream end with the right one")
