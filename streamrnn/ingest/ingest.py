"""MQTT messages in, readings out; whatever is left out is counted by its reason."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from typing import Final

from streamrnn.config import LimitsConfig, SourceConfig
from streamrnn.ingest.account import Account, Accountant
from streamrnn.ingest.admission import Admission
from streamrnn.ingest.explain import Explanation, explain
from streamrnn.ingest.payload import as_number, read_json, read_usual_number
from streamrnn.ingest.refusal import RefusedError, Reject
from streamrnn.ingest.route import Fate, Route, Routes, Source
from streamrnn.ingest.topic import without_covered
from streamrnn.records import Message, Readings, Reason

_STAMP, _IGNORED = Fate.STAMP, Fate.IGNORED  # quicker than to look them up on each leaf
_REJECTS_KEPT: Final = 100
# For what is remembered of topics and leaves: room for a topic and a dozen leaves per stream.
_MEMORY_BYTES: Final = 4_000_000
_MEMORY_BYTES_PER_STREAM: Final = 4_000


class Ingest:
    """Pure: no clock, no I/O. Everything time-dependent comes with the message.

    own_prefix: what lies under this topic is our own output and never read.
    rejected: how many messages and values were left out, by reason; only grows.
    last_rejects: the latest of them, oldest first.
    """

    def __init__(
        self, sources: Sequence[SourceConfig], limits: LimitsConfig, own_prefix: str
    ) -> None:
        self.rejected: Counter[Reason] = Counter()
        self.last_rejects: deque[Reject] = deque(maxlen=_REJECTS_KEPT)
        self._sources = [
            Source(index, config, limits.max_future) for index, config in enumerate(sources)
        ]
        self._admission = Admission(limits)
        self._routes = Routes(
            self._sources,
            own_prefix,
            capacity_bytes=_MEMORY_BYTES + _MEMORY_BYTES_PER_STREAM * limits.max_streams,
        )
        self._accountant = Accountant(self._routes, limits)
        self._skip_retained = limits.ignore_retained
        self._max_bytes = limits.max_payload_bytes
        self._max_abs_value = limits.max_abs_value

    def topic_filters(self) -> list[tuple[str, int]]:
        """What to subscribe to, with QoS: no filter that another one covers."""
        return without_covered(
            (source.template.filter, source.config.qos) for source in self._sources
        )

    def admit(self, stream: str) -> None:
        """Make a restored stream known; the budget for new streams is not touched."""
        self._admission.admit(stream)

    def forget(self, stream: str) -> None:
        """Make a stream unknown again. If it comes back, it is a new one."""
        self._admission.forget(stream)
        self._routes.clear()

    def explain(self, message: Message) -> Explanation:
        """What `decode` would do with the message now, step by step. Changes and counts nothing."""
        return explain(self._accountant.account_for(message, self._admission.copy()))

    def decode(self, message: Message, into: Readings) -> None:
        """Append the readings of a message, none or more. Counts what is left out; never raises."""
        route = self._routes.by_topic.get(message.topic)
        if route is None or not self._decode_as_before(route, message, into):
            self._decode_in_full(message, into)

    def _decode_as_before(self, route: Route, message: Message, into: Readings) -> bool:
        """The short way for a message like earlier ones. False, with nothing done, for others."""
        payload = message.payload
        if len(payload) > self._max_bytes or (message.retain and self._skip_retained):
            return False
        if route.bare_stream is None:
            return payload[:1] in (b"{", b"[") and self._decode_fields(route, message, into)
        value = read_usual_number(payload)
        if value is None or not -self._max_abs_value <= value <= self._max_abs_value:
            return False
        into.streams.append(route.bare_stream)
        into.values.append(value)
        into.times.append(message.received_at)
        return True

    def _decode_fields(self, route: Route, message: Message, into: Readings) -> bool:
        """True if the fate of every leaf is known from earlier messages."""
        streams, values, times = into
        before = len(streams)
        received_at = message.received_at
        most = self._max_abs_value
        fates = route.fates
        time = None
        try:
            for path, value in read_json(message.payload).items():
                fate = fates.get(path)
                if isinstance(fate, str):
                    number = value if type(value) is float else as_number(value)
                    if number is None or not -most <= number <= most:
                        break
                    streams.append(fate)
                    values.append(number)
                elif fate is _STAMP:
                    if time is None:
                        time = route.source.time.read(path, value, received_at)
                elif fate is not _IGNORED and (fate is None or as_number(value) is not None):
                    break
            else:
                found = len(streams) - before
                if time is None:
                    time = route.source.time.without_stamp(received_at)
                times.extend([time] * found)
                return found > 0
        except RefusedError:
            pass  # the long way tells why
        del streams[before:], values[before:]
        return False

    def _decode_in_full(self, message: Message, into: Readings) -> None:
        account = self._accountant.account_for(message, self._admission)
        for reading in account.readings:
            into.streams.append(reading.stream)
            into.values.append(reading.value)
            into.times.append(reading.time)
        for reject in account.rejects:
            self.rejected[reject.reason] += 1
        self.last_rejects.extend(account.rejects)
        self._remember(account)

    def _remember(self, account: Account) -> None:
        route, document = account.route, account.document
        if route is None or document is None or account.stamp is None:
            return
        if document.bare:
            for reading in account.readings:
                route.bare_stream = reading.stream
            return
        for paths, fate in (
            (account.stamp_paths, Fate.STAMP),
            (account.excluded, Fate.IGNORED),
            (account.unselected, Fate.IGNORED),
            (account.texts, Fate.TEXT),
        ):
            for path in paths:
                self._routes.remember(route, path, fate)
        for reading in account.readings:
            self._routes.remember(route, reading.path, reading.stream)
