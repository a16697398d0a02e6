"""When the readings of a message were taken.

`time = "auto"`: the first top-level key, in the order of the message, that is called `time`,
`ts`, `timestamp`, `datetime`, `date_time`, `epoch`, `last_seen`, `received_at` or `_time` (in
upper or lower case) and holds one of

    a number    unix time in seconds, milliseconds or microseconds, told apart by its size
    ISO 8601    with a zone ("Z", "+01:00"); without one, any guess would be wrong somewhere

Else the time that the format itself gives (SenML, Influx line ...), else that of arrival. A key of
that name is never a reading, unless `fields` lists it. `t` is not among them: to most devices it is
the temperature. A time more than `limits.max_future` after the arrival is not believed, whoever of
the two clocks is wrong; the reading is then taken at its arrival.

`time = { path, format, zone }`: exactly that leaf; a message without it, or with one that cannot be
believed, is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from typing import Final, NamedTuple, Protocol
from zoneinfo import ZoneInfo

from streamrnn.config import SourceConfig, TimeConfig
from streamrnn.ingest.format import Record, Scalar
from streamrnn.ingest.refusal import RefusedError, quote
from streamrnn.records import Reason

AUTO_KEYS: Final = frozenset(
    (
        *("time", "ts", "timestamp", "datetime", "date_time", "epoch"),
        *("last_seen", "received_at", "_time"),
    )
)

YEAR_2000: Final = 946_684_800.0  # a clock before it was never set
_PER_SECOND: Final = {"unix": 1.0, "unix_ms": 1e3, "unix_us": 1e6}
# From here on a number cannot be seconds (milliseconds): it would be the year 5138.
SECONDS_END: Final = 1e11
_MILLISECONDS_END: Final = 1e14
_MICROSECONDS_END: Final = 1e17


class Stamp(NamedTuple):
    """The time of a record's readings."""

    time: float
    path: str  # the leaf it was read from; "" when there was none


class TimeReader(Protocol):
    """Tells the time of a record's readings."""

    def owns(self, path: str) -> bool:
        """Whether the leaf is, or could be, the time, and so never a reading."""

    def read(self, path: str, value: Scalar, received_at: float) -> float | None:
        """The time in a leaf that is owned; None where it holds none. Raises RefusedError."""

    def without_leaf(self, given: float | None, received_at: float) -> float:
        """The time where no leaf holds one. given: by the format. Raises RefusedError."""


def read_stamp(reader: TimeReader, record: Record, received_at: float) -> Stamp:
    """The time of a record: the first leaf that holds one decides. Raises RefusedError."""
    for path, value in record.leaves.items():
        if reader.owns(path):
            time = reader.read(path, value, received_at)
            if time is not None:
                return Stamp(time, path)
    return Stamp(reader.without_leaf(record.time, received_at), "")


def time_reader(config: SourceConfig, max_future: float) -> TimeReader:
    """max_future: how many seconds after its arrival a message may be stamped."""
    if config.time == "arrival":
        return ArrivalTime()
    if config.time == "auto":
        return AutoTime(config.fields, max_future)
    return ConfiguredTime(config.time, max_future)


class ArrivalTime:
    """The time at which the message came."""

    def owns(self, path: str) -> bool:
        return False

    def read(self, path: str, value: Scalar, received_at: float) -> None:
        return None

    def without_leaf(self, given: float | None, received_at: float) -> float:
        return received_at


class AutoTime:
    """The usual keys, else what the format gives, else the time at which the message came."""

    def __init__(self, fields: Sequence[str], max_future: float) -> None:
        self._fields = fields
        self._max_future = max_future

    def owns(self, path: str) -> bool:
        return path.lower() in AUTO_KEYS and path not in self._fields

    def read(self, path: str, value: Scalar, received_at: float) -> float | None:
        time = _seconds(value, None, received_at)
        if time is None or time < YEAR_2000:
            return None
        if _is_far_future(time, received_at, self._max_future):
            raise _far_future(path, value, time - received_at)
        return time

    def without_leaf(self, given: float | None, received_at: float) -> float:
        if given is None or not given >= YEAR_2000:
            return received_at
        if _is_far_future(given, received_at, self._max_future):
            raise _far_future("the time in the payload", given, given - received_at)
        return given


class ConfiguredTime:
    """One leaf, in a known format."""

    def __init__(self, config: TimeConfig, max_future: float) -> None:
        self._path = config.path
        self._format = config.format
        self._zone: tzinfo = UTC if config.zone == "UTC" else ZoneInfo(config.zone)
        self._max_future = max_future

    def owns(self, path: str) -> bool:
        return path == self._path

    def read(self, path: str, value: Scalar, received_at: float) -> float:
        time = self._parse(value, received_at)
        shown = f"{path} = {quote(value)}"
        if time is None:
            wanted = "a time" if self._format == "auto" else f"a time in the format {self._format}"
            raise RefusedError(Reason.BAD_TIME, f"{shown} is not {wanted}")
        if time < YEAR_2000:
            raise RefusedError(
                Reason.BAD_TIME,
                f"{shown} is before the year 2000: the device's clock is not set, or the format "
                "is another one",
            )
        if _is_far_future(time, received_at, self._max_future):
            raise _far_future(path, value, time - received_at)
        return time

    def without_leaf(self, given: float | None, received_at: float) -> float:
        raise RefusedError(Reason.BAD_TIME, f"there is no {self._path} to read the time from")

    def _parse(self, value: Scalar, received_at: float) -> float | None:
        if self._format == "auto":
            return _seconds(value, self._zone, received_at)
        if self._format == "iso8601":
            return _from_iso(value, self._zone, received_at) if isinstance(value, str) else None
        number = _number(value)
        return None if number is None else number / _PER_SECOND[self._format]


def _seconds(value: Scalar, zone: tzinfo | None, received_at: float) -> float | None:
    """Unix time of a value whose format is not known."""
    if isinstance(value, str):
        return _from_iso(value, zone, received_at)
    number = _number(value)
    if number is None or number < SECONDS_END:
        return number
    return number / (1e3 if number < _MILLISECONDS_END else 1e6)


def _number(value: Scalar) -> float | None:
    if value is None or isinstance(value, (str, bool)):
        return None
    return float(value) if abs(value) < _MICROSECONDS_END else None  # None for NaN as well


def unix_time(number: float) -> float:
    """Unix time in seconds, of a number of seconds, milli-, micro- or nanoseconds."""
    for factor in (1.0, 1e3, 1e6):
        if number < SECONDS_END * factor:
            return number / factor
    return number / 1e9


def iso_time(text: object) -> float | None:
    """Unix time of an ISO 8601 time with a zone; None for anything else."""
    return _from_iso(text, None, 0.0) if isinstance(text, str) else None


def _from_iso(text: str, zone: tzinfo | None, received_at: float) -> float | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is not None:
        return moment.timestamp()
    if zone is None:
        return None
    # When clocks are put back, an hour comes twice, and when they are put forward, one is left
    # out: of the two ways to read such a stamp, take the one nearer to the arrival.
    readings = [moment.replace(tzinfo=zone, fold=fold).timestamp() for fold in (0, 1)]
    return min(readings, key=lambda time: abs(time - received_at))


def _is_far_future(time: float, received_at: float, max_future: float) -> bool:
    """Not by a clock that has never been set: a gateway without a battery begins in 1970."""
    return received_at >= YEAR_2000 and time > received_at + max_future


def _far_future(path: str, value: Scalar, seconds: float) -> RefusedError:
    return RefusedError(
        Reason.FAR_FUTURE,
        f"{path} = {quote(value)} is {seconds:.0f} s ahead of the clock of this machine",
    )
