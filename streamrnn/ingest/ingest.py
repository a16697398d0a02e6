"""MQTT messages in, readings out; whatever is left out is counted by its reason."""

from __future__ import annotations

import copy
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple

from msgspec import DecodeError

from streamrnn.config import LimitsConfig, SourceConfig
from streamrnn.ingest.account import Account, Accountant
from streamrnn.ingest.admission import Admission
from streamrnn.ingest.as_before import AsBefore
from streamrnn.ingest.detection import Formats
from streamrnn.ingest.explain import Explanation, explain
from streamrnn.ingest.format import Leaves, Request
from streamrnn.ingest.formats.homie import DESCRIPTIONS
from streamrnn.ingest.frame import decode_number, find_frame
from streamrnn.ingest.refusal import Reject
from streamrnn.ingest.route import Fate, Route, Routes, Source
from streamrnn.ingest.stamped_frame import StampedFrames
from streamrnn.ingest.stream_info import Merge, StreamInfo, StreamInfos
from streamrnn.ingest.topic import covers, without_covered
from streamrnn.records import Message, Readings, Reason

_NAN: Final = float("nan")
_REJECTS_KEPT: Final = 100
_REQUESTS_KEPT: Final = 100
# For what is remembered of topics and leaves: room for a topic and a dozen leaves per stream.
_MEMORY_BYTES: Final = 4_000_000
_MEMORY_BYTES_PER_STREAM: Final = 4_000


class Lacking(NamedTuple):
    """Streams that found no room. times: of their readings, in order of arrival, Unix seconds.
    streams: how many others must be forgotten."""

    times: list[float]
    streams: int


class Ingest:
    """Pure: no clock, no I/O. Everything time-dependent comes with the message.

    own_prefix: what lies under this topic is our own output and never read.
    rejected: how many messages and values were left out, by reason; only grows.
    last_rejects: the latest of them, oldest first.
    disbelieved: how many stamps were too far ahead of the clock, so that the readings were taken at
    their arrival; only grows. last_disbelieved: the latest of them, oldest first.
    requests: what formats asked to be published, oldest first; whoever publishes takes it away.
    """

    def __init__(
        self,
        sources: Sequence[SourceConfig],
        limits: LimitsConfig,
        own_prefix: str,
        formats: Formats | None = None,
    ) -> None:
        """formats: what earlier messages taught them goes on to count; None: nothing yet."""
        self.rejected: Counter[Reason] = Counter()
        self.last_rejects: deque[Reject] = deque(maxlen=_REJECTS_KEPT)
        self.last_disbelieved: deque[Reject] = deque(maxlen=_REJECTS_KEPT)
        self.disbelieved = 0
        self.requests: deque[Request] = deque(maxlen=_REQUESTS_KEPT)
        self.max_streams = limits.max_streams
        self._sources = [
            Source(index, config, limits.max_future) for index, config in enumerate(sources)
        ]
        self._admission = Admission(limits)
        self._formats = formats or Formats()
        self._infos = StreamInfos()
        self._routes = Routes(
            self._sources,
            own_prefix,
            self._formats.usual,
            capacity_bytes=_MEMORY_BYTES + _MEMORY_BYTES_PER_STREAM * limits.max_streams,
        )
        self._by_topic = self._routes.by_topic
        self._accountant = Accountant(self._routes, limits)
        self._decode_as_before = AsBefore(limits).decode
        self._stamped_frames = StampedFrames(limits)
        self._max_bytes = limits.max_payload_bytes
        self._max_abs_value = limits.max_abs_value

    @property
    def infos(self) -> Mapping[str, StreamInfo]:
        """What is known of the streams heard since the start, by name. A view: copy to keep."""
        return MappingProxyType(self._infos.by_stream)

    @property
    def merged(self) -> Mapping[str, Merge]:
        """Streams into which several topics or fields go, by name. A view: copy to keep."""
        return MappingProxyType(self._infos.merged)

    def topic_filters(self) -> list[tuple[str, int]]:
        """What to subscribe to, with QoS: no filter that another one covers.

        But for those whose last level begins with $: what is stored there describes devices, and
        is to be asked for, while stored readings are not.
        """
        wanted = without_covered(
            (source.template.filter, source.config.qos) for source in self._sources
        )
        described = [
            (description, qos)
            for description in DESCRIPTIONS
            for topic_filter, qos in wanted
            if topic_filter != description and covers(topic_filter, description)
        ]
        return wanted + described

    def admit(self, stream: str) -> None:
        """Make a restored stream known; the budget for new streams is not touched."""
        self._admission.admit(stream)

    @property
    def lacks_room(self) -> bool:
        """Whether streams were refused for want of room alone, since `take_lacking`."""
        return bool(self._admission.lacking)

    def take_lacking(self) -> Lacking:
        """What is needed for those that were refused to find room when they come next."""
        admission = self._admission
        times, admission.lacking = admission.lacking, []
        return Lacking(times, len(times) + admission.excess)

    def forget(self, stream: str) -> None:
        """Make a stream unknown again. If it comes back, it is a new one."""
        self._admission.forget(stream)
        info = self._infos.by_stream.get(stream)
        if info is None:
            return  # nothing came of it since the start, so no route leads to it
        if self._infos.may_be_merged(stream):
            self._routes.clear()
        else:
            self._routes.forget(info.topic)
        self._infos.forget(stream)

    def explain(self, message: Message) -> Explanation:
        """What `decode` would do with the message now, step by step. Changes and counts nothing."""
        admission, formats = self._admission.copy(), copy.deepcopy(self._formats)
        return explain(self._accountant.account_for(message, admission, formats))

    def decode(self, message: Message, into: Readings) -> None:
        """Append the readings of a message, none or more. Counts what is left out; never raises."""
        route = self._by_topic.get(message.topic)
        if route is None:
            self._decode_in_full(message, into)
            return
        frame = route.frame
        if frame is not None:
            # The shortest way, for a message like the last one but for its one number. Written out
            # here: a call of its own would make it a tenth slower.
            prefix, suffix, begin, end, stream = frame
            payload = message.payload
            if payload[:begin] == prefix and payload[end:] == suffix:  # quicker than startswith
                try:
                    value = decode_number(payload[begin:end])
                except DecodeError:
                    value = _NAN  # within no bounds
                most = self._max_abs_value
                fits = len(payload) <= self._max_bytes and not message.retain
                if -most <= value <= most and fits:
                    streams, values, times = into
                    streams.append(stream)
                    values.append(value)
                    times.append(message.received_at)
                    return
        elif (read := route.stamped_frame) is not None and read(message, into):
            return
        if not self._decode_as_before(route, message, into):
            self._decode_in_full(message, into)

    def _decode_in_full(self, message: Message, into: Readings) -> None:
        account = self._accountant.account_for(message, self._admission, self._formats)
        for reading in account.readings:
            into.streams.append(reading.stream)
            into.values.append(reading.value)
            into.times.append(reading.time)
        for reject in account.rejects:
            self.rejected[reject.reason] += 1
        self.last_rejects.extend(account.rejects)
        self.disbelieved += len(account.disbelieved)
        self.last_disbelieved.extend(account.disbelieved)
        self._remember(account)

    def _remember(self, account: Account) -> None:
        route, decoded = account.route, account.decoded
        if route is None or decoded is None:
            return
        document = decoded.document
        if route.source.config.rebirths:
            self.requests.extend(document.requests)
        named = route.labels.get("device", "")
        self._infos.note(account.message, decoded, account.readings, named)
        if not account.readings:
            return  # nothing to recognise later messages by
        if route.format_name != decoded.format.name:
            route.change_format(decoded.format.name)
            self._formats.note_usual(account.message.topic, decoded.format.name)
        if document.bare:
            route.bare_stream, route.parse = account.readings[0].stream, None
            route.frame = route.stamped_frame = None
        elif decoded.format.parse is not None:
            route.bare_stream, route.parse = None, decoded.format.parse
            self._remember_frame(account, route, decoded.format.parse)
            self._remember_fates(account, route)

    def _remember_fates(self, account: Account, route: Route) -> None:
        for paths, fate in (
            (account.stamp_paths, Fate.STAMP),
            (account.excluded, Fate.IGNORED),
            (account.ignored, Fate.IGNORED),
            (account.unselected, Fate.IGNORED),
            (account.texts, Fate.TEXT),
        ):
            for path in paths:
                self._routes.remember(route, path, fate)
        for reading in account.readings:
            self._routes.remember(route, reading.path, reading.stream)

    def _remember_frame(
        self, account: Account, route: Route, parse: Callable[[bytes], Leaves]
    ) -> None:
        """For a single reading with nothing wrong, at the time of arrival or one of its own."""
        route.frame = route.stamped_frame = None
        if account.rejects or account.disbelieved or len(account.readings) > 1:
            return
        stream, _, time, path = account.readings[0]
        message, stamp = account.message, account.stamps[0]
        if not account.stamp_paths and time == message.received_at:
            route.frame = find_frame(message.payload, parse, path, stream)
        elif list(account.stamp_paths) == [stamp.path]:
            route.stamped_frame = self._stamped_frames.find(
                message.payload, parse, path, stream, stamp, route.source.max_future
            )
