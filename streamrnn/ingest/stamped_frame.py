"""A frame with a time in it, which changes from message to message as well.

The time is as long in each message, so that only the number between or after the words has to be
looked for:

    b'{"ts":1700000000,"temperature":21.5}'     b'{"ts":' 10 bytes b',"temperature":' ... b'}'

Of a time as text, the zone is one of the words. When its minute began is remembered, its second and
fraction are looked up:

    b'{"t":21.5,"at":"2023-11-14T22:13:20Z"}'   b'{"t":' ... b',"at":"' 17 + 2 bytes b'Z"}'

The sum of whole seconds and a fraction is the float nearest to the text: until the year 5138
floats lie at most 2^-16 s apart, no time in microseconds is half-way between two of them, and none
comes nearer to it than 1e-12 s, while the fraction is exact to 2e-16 s.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, NamedTuple, TypeAlias

from msgspec import DecodeError

from streamrnn.config import LimitsConfig
from streamrnn.ingest.format import Leaves
from streamrnn.ingest.frame import decode_number, find_number, find_text
from streamrnn.ingest.timestamp import SECONDS_END, YEAR_2000, Stamp
from streamrnn.records import Message, Readings

_MINUTE: Final = rb"\d{4}-\d\d-\d\d[T ](?:[01]\d|2[0-3]):[0-5]\d:"
_ISO_TIME: Final = re.compile(_MINUTE + rb"\d\d(?:\.(?:\d{3}|\d{6}))?(?=(?:Z|[+-]\d\d:?\d\d)\Z)")
_is_minute: Final = re.compile(_MINUTE).fullmatch
# By its length, without its zone: minute, second, milliseconds, microseconds beyond them.
_PIECES: Final = {19: "17s2s0s0s", 23: "17s2sx3s0s", 26: "17s2sx3s3s"}
_SECONDS: Final = {b"%02d" % second: float(second) for second in range(60)}
_THOUSANDTHS: Final = {b"%03d" % number: number / 1e3 for number in range(1000)}
_MILLIONTHS: Final = {b"%03d" % number: number / 1e6 for number in range(1000)}
_MINUTES_KEPT: Final = 16


StampedFrame: TypeAlias = Callable[[Message, Readings], bool]
"""Appends the reading of a message with the same words, and tells whether it was one. A function
with all that it needs in its closure: Python has nothing faster."""


class Minutes(dict[bytes, float]):
    """When minutes of one zone began, Unix time, by their text, such as b"2023-11-14T22:13:"."""

    def __init__(self, ahead: timedelta) -> None:
        self._ahead = ahead

    def learn(self, text: bytes) -> float:
        """Raises ValueError for what is no minute, or none of a clock that was set."""
        if not _is_minute(text):
            raise ValueError(text)
        moment = datetime.fromisoformat(f"{text.decode()}00+00:00") - self._ahead
        begin = moment.timestamp()
        if not YEAR_2000 <= begin < SECONDS_END - 60.0:
            raise ValueError(text)
        if len(self) >= _MINUTES_KEPT:
            self.clear()
        self[text] = begin
        return begin


class StampedFrames:
    """Finds them. Those whose messages tell the time in one zone share what they know of it."""

    def __init__(self, limits: LimitsConfig) -> None:
        self._limits = limits
        self._minutes: dict[timedelta, Minutes] = {}

    def find(
        self,
        payload: bytes,
        parse: Callable[[bytes], Leaves],
        path: str,
        stream: str,
        stamp: Stamp,
        max_future: float,
    ) -> StampedFrame | None:
        """The frame of the leaf at `path` and its time; None if there is none."""
        leaf = parse(payload)[stamp.path]
        value = find_number(payload, parse, path)
        if isinstance(leaf, str):
            time = _find_text(payload, parse, stamp.path, leaf)
        else:
            time = _find_number(payload, parse, stamp, leaf)
        if value is None or time is None:
            return None
        return self._reader(_Layout.of(payload, value, time), time, stream, max_future)

    def _reader(self, layout: _Layout, time: _Time, stream: str, max_future: float) -> StampedFrame:
        word, word_at, value_at, unpack, offset, left, right = layout
        most, max_bytes = self._limits.max_abs_value, self._limits.max_payload_bytes
        per_second = time.per_second
        minutes = self._minutes_of(time.ahead)
        begin_of, learn = minutes.get, minutes.learn

        def read(message: Message, into: Readings) -> bool:
            payload = message.payload
            if payload[word_at] != word or len(payload) > max_bytes or message.retain:
                return False
            try:
                value = decode_number(payload[value_at])
                before, first, second, milli, micro, after = unpack(payload, offset)
                if before != left or after != right:
                    return False
                if per_second:
                    time = decode_number(first) / per_second
                    if not YEAR_2000 <= time < SECONDS_END:
                        return False
                else:
                    time = (begin_of(first) or learn(first)) + _SECONDS[second]
                    if milli:
                        fraction = _THOUSANDTHS[milli]
                        if micro:
                            fraction += _MILLIONTHS[micro]
                        time += fraction
            except (DecodeError, ValueError, KeyError, struct.error):
                return False
            if not -most <= value <= most or time > message.received_at + max_future:
                return False
            streams, values, times = into
            streams.append(stream)
            values.append(value)
            times.append(time)
            return True

        return read

    def _minutes_of(self, ahead: timedelta) -> Minutes:
        return self._minutes.setdefault(ahead, Minutes(ahead))


class _Time(NamedTuple):
    """Where in a payload a time is, and in which pieces it is read."""

    begin: int
    end: int
    pieces: str
    per_second: float = 0.0  # of a number; 0 for a text
    ahead: timedelta = timedelta()  # of UTC, for a text


class _Layout(NamedTuple):
    """On one side of the number is a word, on the other side the time between two words, all of
    which keeps its length.

    unpack, offset: what takes the side with the time apart: a word, the pieces of the time, a word.
    """

    word: bytes
    word_at: slice
    value_at: slice
    unpack: Callable[[bytes, int], tuple[bytes, ...]]
    offset: int
    left: bytes
    right: bytes

    @classmethod
    def of(cls, payload: bytes, value: tuple[int, int], time: _Time) -> _Layout:
        begin, end = value
        behind = end - len(payload)  # where the number ends, counted from the end
        if time.begin < begin:
            left, right = payload[: time.begin], payload[time.end : begin]
            word, word_at, value_at, offset = (
                payload[end:],
                slice(behind, None),
                slice(begin, behind),
                0,
            )
        else:
            left, right = payload[end : time.begin], payload[time.end :]
            word, word_at, value_at, offset = (
                payload[:begin],
                slice(begin),
                slice(begin, behind),
                behind,
            )
        pieces = struct.Struct(f"{len(left)}s{time.pieces}{len(right)}s")
        return cls(word, word_at, value_at, pieces.unpack_from, offset, left, right)


def _find_number(
    payload: bytes, parse: Callable[[bytes], Leaves], stamp: Stamp, leaf: object
) -> _Time | None:
    place = find_number(payload, parse, stamp.path)
    if place is None or not isinstance(leaf, int | float):
        return None
    begin, end = place
    for per_second in (1.0, 1e3, 1e6):
        if leaf / per_second == stamp.time:
            return _Time(begin, end, f"{end - begin}s0s0s0s", per_second=per_second)
    return None


def _find_text(
    payload: bytes, parse: Callable[[bytes], Leaves], path: str, leaf: str
) -> _Time | None:
    place = find_text(payload, parse, path)
    found = _ISO_TIME.match(payload, *place) if place else None
    if found is None:
        return None
    ahead = datetime.fromisoformat(leaf).utcoffset() or timedelta()
    return _Time(*found.span(), _PIECES[len(found[0])], ahead=ahead)
