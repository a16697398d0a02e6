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
from functools import lru_cache
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
_MINUTE_SIZE: Final = 17
# By the length of a time without its zone: second, milliseconds, microseconds beyond them.
_PIECES: Final = {19: "2s0s0s", 23: "2s4s0s", 26: "2s4s3s"}
_SECONDS: Final = {b"%02d" % second: float(second) for second in range(60)}
_THOUSANDTHS: Final = {b".%03d" % number: number / 1e3 for number in range(1000)}
_MILLIONTHS: Final = {b"%03d" % number: number / 1e6 for number in range(1000)}
_MINUTES_KEPT: Final = 4
_WORDS_KEPT: Final = 1000


StampedFrame: TypeAlias = Callable[[Message, Readings], bool]
"""Appends the reading of a message with the same words, and tells whether it was one. A function
with all that it needs in its closure: Python has nothing faster."""


class Minutes(dict[bytes, float]):
    """When minutes of one zone began, Unix time, by their text with the words before it, such as
    b',"at":"2023-11-14T22:13:'."""

    def __init__(self, words: bytes, ahead: timedelta) -> None:
        self._words = words
        self._ahead = ahead

    def learn(self, text: bytes) -> float:
        """Raises ValueError for other words, and for what is no minute of a clock that was set."""
        words, minute = text[:-_MINUTE_SIZE], text[-_MINUTE_SIZE:]
        if words != self._words or not _is_minute(minute):
            raise ValueError(text)
        moment = datetime.fromisoformat(f"{minute.decode()}00+00:00") - self._ahead
        begin = moment.timestamp()
        if not YEAR_2000 <= begin < SECONDS_END - 60.0:
            raise ValueError(text)
        if len(self) >= _MINUTES_KEPT:
            self.clear()
        self[text] = begin
        return begin


class StampedFrames:
    """Finds them. Those with the same words before a time share what they know of its minutes.

    Both kinds of reader are written out, as a call within them would cost a tenth.
    """

    def __init__(self, limits: LimitsConfig) -> None:
        self._limits = limits
        self._minutes: dict[tuple[bytes, timedelta], Minutes] = {}

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
        layout = _Layout.of(payload, value, time)
        if time.per_second:
            return self._with_number(layout, time.per_second, stream, max_future)
        return self._with_text(layout, time.ahead, stream, max_future)

    def _with_number(
        self, layout: _Layout, per_second: float, stream: str, max_future: float
    ) -> StampedFrame:
        word, word_at, value_at, offset, left, right, pieces = layout
        unpack = _unpack(f"{len(left)}s{pieces}{len(right)}s")
        most, max_bytes = self._limits.max_abs_value, self._limits.max_payload_bytes

        def read(message: Message, into: Readings) -> bool:
            payload = message.payload
            if payload[word_at] != word or len(payload) > max_bytes or message.retain:
                return False
            try:
                value = decode_number(payload[value_at])
                before, number, after = unpack(payload, offset)
                if before != left or after != right:
                    return False
                time = decode_number(number) / per_second
            except (DecodeError, struct.error):
                return False
            latest = message.received_at + max_future
            if not -most <= value <= most or not YEAR_2000 <= time <= latest or time >= SECONDS_END:
                return False
            streams, values, times = into
            streams.append(stream)
            values.append(value)
            times.append(time)
            return True

        return read

    def _with_text(
        self, layout: _Layout, ahead: timedelta, stream: str, max_future: float
    ) -> StampedFrame:
        word, word_at, value_at, offset, left, right, pieces = layout
        unpack = _unpack(f"{len(left) + _MINUTE_SIZE}s{pieces}{len(right)}s")
        most, max_bytes = self._limits.max_abs_value, self._limits.max_payload_bytes
        minutes = self._minutes_after(left, ahead)
        begin_of, learn = minutes.get, minutes.learn

        def read(message: Message, into: Readings) -> bool:
            payload = message.payload
            if payload[word_at] != word or len(payload) > max_bytes or message.retain:
                return False
            try:
                value = decode_number(payload[value_at])
                minute, second, milli, micro, after = unpack(payload, offset)
                if after != right:
                    return False
                time = (begin_of(minute) or learn(minute)) + _SECONDS[second]
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

    def _minutes_after(self, words: bytes, ahead: timedelta) -> Minutes:
        if len(self._minutes) >= _WORDS_KEPT:
            self._minutes.clear()  # each frame keeps its own
        return self._minutes.setdefault((words, ahead), Minutes(words, ahead))


@lru_cache(_WORDS_KEPT)  # shared by frames of the same shape, as it takes as much as all the rest
def _unpack(pieces: str) -> Callable[[bytes, int], tuple[bytes, ...]]:
    return struct.Struct(pieces).unpack_from


class _Time(NamedTuple):
    """Where in a payload a time is, and in which pieces it is read, a text from its seconds on."""

    begin: int
    end: int
    pieces: str
    per_second: float = 0.0  # of a number; 0 for a text
    ahead: timedelta = timedelta()  # of UTC, for a text


class _Layout(NamedTuple):
    """On one side of the number is a word, on the other side the time between two words, all of
    which keeps its length.

    offset: where the side with the time begins, behind the number counted from the end.
    """

    word: bytes
    word_at: slice
    value_at: slice
    offset: int
    left: bytes
    right: bytes
    pieces: str

    @classmethod
    def of(cls, payload: bytes, value: tuple[int, int], time: _Time) -> _Layout:
        begin, end = value
        behind = end - len(payload)
        value_at = slice(begin, behind)
        if time.begin < begin:
            left, right = payload[: time.begin], payload[time.end : begin]
            return cls(payload[end:], slice(behind, None), value_at, 0, left, right, time.pieces)
        left, right = payload[end : time.begin], payload[time.end :]
        return cls(payload[:begin], slice(begin), value_at, behind, left, right, time.pieces)


def _find_number(
    payload: bytes, parse: Callable[[bytes], Leaves], stamp: Stamp, leaf: object
) -> _Time | None:
    place = find_number(payload, parse, stamp.path)
    if place is None or not isinstance(leaf, int | float):
        return None
    begin, end = place
    for per_second in (1.0, 1e3, 1e6):
        if leaf / per_second == stamp.time:
            return _Time(begin, end, f"{end - begin}s", per_second=per_second)
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
