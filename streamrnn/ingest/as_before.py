"""The short way for a message that is like earlier ones of its topic.

Whatever is unusual about a message is left to the long way, which also tells what is wrong with it.
"""

from __future__ import annotations

from streamrnn.config import LimitsConfig
from streamrnn.ingest.format import Leaves
from streamrnn.ingest.number import as_number, read_usual_number
from streamrnn.ingest.refusal import RefusedError
from streamrnn.ingest.route import Fate, Route
from streamrnn.records import Message, Readings

_STAMP, _IGNORED = Fate.STAMP, Fate.IGNORED  # quicker than to look them up on each leaf


class AsBefore:
    """Each method returns whether it has appended the readings; if not, nothing was done."""

    def __init__(self, limits: LimitsConfig) -> None:
        self._skip_retained = limits.ignore_retained
        self._max_bytes = limits.max_payload_bytes
        self._max_abs_value = limits.max_abs_value

    def decode(self, route: Route, message: Message, into: Readings) -> bool:
        """A message of the same format, all leaves of which are known."""
        if len(message.payload) > self._max_bytes or (message.retain and self._skip_retained):
            return False
        if route.bare_stream is not None:
            return self._decode_bare(route.bare_stream, message, into)
        if route.parse is None:
            return False
        try:
            leaves = route.parse(message.payload)
        except RefusedError:
            return False
        return self._decode_leaves(route, leaves, message.received_at, into)

    def _decode_bare(self, stream: str, message: Message, into: Readings) -> bool:
        value = read_usual_number(message.payload)
        if value is None or not -self._max_abs_value <= value <= self._max_abs_value:
            return False
        into.streams.append(stream)
        into.values.append(value)
        into.times.append(message.received_at)
        return True

    def _decode_leaves(
        self, route: Route, leaves: Leaves, received_at: float, into: Readings
    ) -> bool:
        streams, values, times = into
        before = len(streams)
        most = self._max_abs_value
        fates = route.fates
        time = None
        try:
            for path, value in leaves.items():
                fate = fates.get(path)
                if type(fate) is str:
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
                    time = route.source.time.without_leaf(None, received_at)
                if found == 1:
                    times.append(time)
                else:
                    times.extend([time] * found)
                return found > 0
        except RefusedError:
            pass
        del streams[before:], values[before:]
        return False
