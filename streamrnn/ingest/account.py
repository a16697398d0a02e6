"""What becomes of one message, stage by stage.

    topic -> route -> format -> records -> time -> selection -> number -> name -> admission

This is the one description of what a message means. `Ingest.decode` takes a shorter way for
messages like earlier ones and must come to the same result; `explain` puts it into words.

`fields` lists what may be there, not what must: many devices publish only what has changed. A
message is FIELD_MISSING when it has none of them. A listed field that is no number is counted.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from streamrnn.config import LimitsConfig
from streamrnn.ingest.admission import Admission
from streamrnn.ingest.detection import Decoded, Formats
from streamrnn.ingest.format import Document, Record, Scalar
from streamrnn.ingest.number import as_number
from streamrnn.ingest.refusal import RefusedError, Reject, quote, quote_all
from streamrnn.ingest.route import Route, Routes
from streamrnn.ingest.timestamp import Stamp, read_stamp
from streamrnn.records import Message, Reason

_DECIMAL_COMMA: Final = re.compile(r"[+-]?[0-9]{1,20},[0-9]{1,20}")


class Reading(NamedTuple):
    """One number for the detector. time: unix seconds; path: of the leaf that it was."""

    stream: str
    value: float
    time: float
    path: str


@dataclass(slots=True)
class Account:
    """All that was found out about one message. What it did not get to is None or empty.

    Leaves of several records under one path are listed once.
    """

    message: Message
    route: Route | None = None
    decoded: Decoded | None = None
    stamps: list[Stamp] = field(default_factory=list)  # one per record
    stamp_paths: dict[str, None] = field(default_factory=dict)  # are, or could be, the time
    excluded: dict[str, None] = field(default_factory=dict)
    ignored: dict[str, None] = field(default_factory=dict)  # no measurements
    unselected: dict[str, None] = field(default_factory=dict)
    texts: dict[str, None] = field(default_factory=dict)  # no numbers, nor asked for by name
    readings: list[Reading] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    disbelieved: list[Reject] = field(default_factory=list)  # stamps; the readings are taken

    def reject(self, refusal: RefusedError) -> None:
        self.rejects.append(Reject(refusal.reason, self.message.topic, refusal.detail))

    def disbelieve(self, refusal: RefusedError) -> None:
        self.disbelieved.append(Reject(refusal.reason, self.message.topic, refusal.detail))


class Accountant:
    """Takes messages through the stages. Keeps nothing of them."""

    def __init__(self, routes: Routes, limits: LimitsConfig) -> None:
        self._routes = routes
        self._limits = limits

    def account_for(self, message: Message, admission: Admission, formats: Formats) -> Account:
        """What becomes of a message. Raises nothing; asks `admission` for new streams, and leaves
        in `formats` what they remember.

        The account has a reading or a reject, whatever the message.
        """
        account = Account(message)
        try:
            account.route = route = self._routes.find(message.topic)
            self._check_size(message)
            account.decoded = decoded = self._decode(message, route, formats)
            route.name_after(decoded.document.topic or message.topic)
            for refusal in decoded.document.refusals:
                account.reject(refusal)
            for record in decoded.document.records:
                self._read_record(account, route, decoded.document, record, admission)
            if not account.readings and not account.rejects:
                raise _nothing_found(account, route, decoded.document)
        except RefusedError as refusal:
            account.reject(refusal)
        return account

    def _check_size(self, message: Message) -> None:
        size, most = len(message.payload), self._limits.max_payload_bytes
        if size > most:
            raise RefusedError(
                Reason.TOO_LARGE, f"{size} bytes are more than limits.max_payload_bytes = {most}"
            )

    def _decode(self, message: Message, route: Route, formats: Formats) -> Decoded:
        """Of what the broker has stored, only descriptions are of use."""
        stored = message.retain and self._limits.ignore_retained
        source = route.source
        try:
            if source.config.format == "auto":
                decoded = formats.decode(message, route.format_name)
            else:
                why = f"source[{source.index}].format says so"
                decoded = formats.decode_as(message, source.config.format, why)
        except RefusedError:
            if not stored:
                raise
        else:
            if not stored or decoded.document.about:
                return decoded
        raise RefusedError(Reason.RETAINED, "stored by the broker: its age is unknown")

    def _read_record(
        self,
        account: Account,
        route: Route,
        document: Document,
        record: Record,
        admission: Admission,
    ) -> None:
        asked_for = document.bare or bool(route.source.config.fields)
        received_at = account.message.received_at
        try:
            stamp = read_stamp(route.source.time, record, received_at)
        except RefusedError as refusal:
            if refusal.reason is not Reason.FAR_FUTURE or route.source.config.time != "auto":
                account.reject(refusal)
                return
            account.disbelieve(refusal)
            stamp = Stamp(received_at, "")
        account.stamps.append(stamp)
        for path, value in _selected(account, route, document, record):
            number = as_number(value)
            if number is None and not asked_for:
                account.texts[path] = None
                continue
            try:
                number = self._checked(number, path, value)
                stream = route.stream(path, document.bare)
                self._admit(stream, received_at, stamp.time, admission)
            except RefusedError as refusal:
                account.reject(refusal)
            else:
                account.readings.append(Reading(stream, number, stamp.time, path))

    def _checked(self, number: float | None, path: str, value: Scalar) -> float:
        if number is None:
            hint = ", and a decimal comma is not understood" * _has_decimal_comma(value)
            raise RefusedError(
                Reason.NOT_A_NUMBER,
                f"{quote(path)} = {quote(value)} is neither a number nor on/off{hint}",
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

    def _admit(self, stream: str, at: float, time: float, admission: Admission) -> None:
        reason = admission.request(stream, at, time)
        if reason is Reason.TOO_MANY_STREAMS:
            limit = f"limits allow {self._limits.max_streams}"
            raise RefusedError(reason, f"no room for the stream {quote(stream)}: {limit}")
        if reason is Reason.NEW_STREAM_RATE:
            limit = f"limits.new_streams_per_second = {self._limits.new_streams_per_second:g}"
            raise RefusedError(reason, f"the new stream {quote(stream)} has to wait: {limit}")


def _has_decimal_comma(value: Scalar) -> bool:
    return isinstance(value, str) and _DECIMAL_COMMA.fullmatch(value.strip()) is not None


def _selected(
    account: Account, route: Route, document: Document, record: Record
) -> list[tuple[str, Scalar]]:
    source = route.source
    selected = []
    for path, value in record.leaves.items():
        if source.time.owns(path):
            account.stamp_paths[path] = None
        elif source.excludes(path):
            account.excluded[path] = None
        elif not source.selects(path):
            account.unselected[path] = None
        elif document.ignores(path) and not source.asks_for(path):
            account.ignored[path] = None
        else:
            selected.append((path, value))
    return selected


def _nothing_found(account: Account, route: Route, document: Document) -> RefusedError:
    if document.about:
        return RefusedError(Reason.METADATA, document.about)
    there = list(dict.fromkeys(path for record in document.records for path in record.leaves))
    if route.source.config.fields:
        wanted = ", ".join(route.source.config.fields)
        found = "a bare value, whose field is" if document.bare else "the fields"
        return RefusedError(
            Reason.FIELD_MISSING, f"none of {wanted}: the payload has {found} {quote_all(there)}"
        )
    if account.ignored:
        # A button, a device that reports its signal: nothing is wrong with it.
        return RefusedError(
            Reason.METADATA, f"the payload has only what is no measurement: {quote_all(there)}"
        )
    if not there:
        return RefusedError(Reason.NO_NUMERIC_FIELD, "the payload has no values")
    return RefusedError(
        Reason.NO_NUMERIC_FIELD,
        f"the payload has only texts, nulls, times and fields left out: {quote_all(there)}",
    )
