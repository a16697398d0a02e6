"""What becomes of one message, stage by stage.

    topic -> route -> payload -> leaves -> time -> selection -> number -> name -> admission

This is the one description of what a message means. `Ingest.decode` takes a shorter way for
messages like earlier ones and must come to the same result; `explain` puts it into words.

`fields` lists what may be there, not what must: many devices publish only what has changed. A
message is FIELD_MISSING when it has none of them. A listed field that is no number is counted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import NamedTuple

from streamrnn.config import LimitsConfig
from streamrnn.ingest.admission import Admission
from streamrnn.ingest.payload import Document, Scalar, as_number, read_payload
from streamrnn.ingest.refusal import RefusedError, Reject, quote, quote_all
from streamrnn.ingest.route import Route, Routes
from streamrnn.ingest.timestamp import Stamp, read_stamp
from streamrnn.records import Message, Reason


class Reading(NamedTuple):
    """One number for the detector. time: unix seconds; path: of the leaf that it was."""

    stream: str
    value: float
    time: float
    path: str


@dataclass(slots=True)
class Account:
    """All that was found out about one message. What it did not get to is None or empty."""

    message: Message
    route: Route | None = None
    document: Document | None = None
    stamp: Stamp | None = None
    stamp_paths: list[str] = field(default_factory=list)  # leaves that are, or could be, the time
    excluded: list[str] = field(default_factory=list)
    unselected: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)  # no numbers, and not asked for by name
    readings: list[Reading] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)

    def reject(self, refusal: RefusedError) -> None:
        self.rejects.append(Reject(refusal.reason, self.message.topic, refusal.detail))


class Accountant:
    """Takes messages through the stages. Keeps nothing of them."""

    def __init__(self, routes: Routes, limits: LimitsConfig) -> None:
        self._routes = routes
        self._limits = limits

    def account_for(self, message: Message, admission: Admission) -> Account:
        """What becomes of a message. Raises nothing; asks `admission` for new streams.

        The account has a reading or a reject, whatever the message.
        """
        account = Account(message)
        try:
            account.route = route = self._routes.find(message.topic)
            self._check_message(message)
            account.document = document = read_payload(message.payload)
            account.stamp = read_stamp(route.source.time, document.leaves, message.received_at)
            self._read_leaves(account, route, document, account.stamp.time, admission)
        except RefusedError as refusal:
            account.reject(refusal)
        return account

    def _check_message(self, message: Message) -> None:
        if message.retain and self._limits.ignore_retained:
            raise RefusedError(Reason.RETAINED, "stored by the broker: its age is unknown")
        size, most = len(message.payload), self._limits.max_payload_bytes
        if size > most:
            raise RefusedError(
                Reason.TOO_LARGE, f"{size} bytes are more than limits.max_payload_bytes = {most}"
            )

    def _read_leaves(
        self,
        account: Account,
        route: Route,
        document: Document,
        time: float,
        admission: Admission,
    ) -> None:
        asked_for = document.bare or bool(route.source.config.fields)
        for path, value in _selected(account, route, document):
            number = as_number(value)
            if number is None and not asked_for:
                account.texts.append(path)
                continue
            try:
                number = self._checked(number, path, value)
                stream = route.stream(path, document.bare)
                self._admit(stream, account.message.received_at, admission)
            except RefusedError as refusal:
                account.reject(refusal)
            else:
                account.readings.append(Reading(stream, number, time, path))
        if not account.readings and not account.rejects:
            raise _nothing_found(account, route, document)

    def _checked(self, number: float | None, path: str, value: Scalar) -> float:
        if number is None:
            raise RefusedError(
                Reason.NOT_A_NUMBER,
                f"{quote(path)} = {quote(value)} is neither a number nor on/off",
            )
        most = self._limits.max_abs_value
        if abs(number) <= most:
            return number
        if not math.isfinite(number):
            raise RefusedError(Reason.NOT_FINITE, f"{quote(path)} = {number} is not finite")
        raise RefusedError(
            Reason.OUT_OF_BOUNDS,
            f"{quote(path)} = {quote(number)} is beyond limits.max_abs_value = {most:g}",
        )

    def _admit(self, stream: str, at: float, admission: Admission) -> None:
        reason = admission.request(stream, at)
        if reason is Reason.TOO_MANY_STREAMS:
            limit = f"limits.max_streams = {self._limits.max_streams}"
            raise RefusedError(reason, f"no room for the stream {quote(stream)}: {limit}")
        if reason is Reason.NEW_STREAM_RATE:
            limit = f"limits.new_streams_per_second = {self._limits.new_streams_per_second:g}"
            raise RefusedError(reason, f"the new stream {quote(stream)} has to wait: {limit}")


def _selected(account: Account, route: Route, document: Document) -> list[tuple[str, Scalar]]:
    source = route.source
    selected = []
    for path, value in document.leaves.items():
        if source.time.owns(path):
            account.stamp_paths.append(path)
        elif source.excludes(path):
            account.excluded.append(path)
        elif not source.selects(path):
            account.unselected.append(path)
        else:
            selected.append((path, value))
    return selected


def _nothing_found(account: Account, route: Route, document: Document) -> RefusedError:
    there = list(document.leaves)
    if route.source.config.fields:
        wanted = ", ".join(route.source.config.fields)
        found = "a bare value, whose field is" if document.bare else "the fields"
        return RefusedError(
            Reason.FIELD_MISSING, f"none of {wanted}: the payload has {found} {quote_all(there)}"
        )
    if not there:
        return RefusedError(Reason.NO_NUMERIC_FIELD, "the payload has no values")
    return RefusedError(
        Reason.NO_NUMERIC_FIELD,
        f"the payload has only texts, nulls, times and excluded fields: {quote_all(there)}",
    )
