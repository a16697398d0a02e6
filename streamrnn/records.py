"""What travels between the layers: messages in, readings, decisions, events out.

All times are seconds since 1970-01-01 UTC (float); they become ISO 8601 text only where they
leave the program.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Final, NamedTuple

import msgspec


class Message(msgspec.Struct, frozen=True, gc=False):
    """One MQTT PUBLISH as it arrived. `epoch` counts our connections: an id of an earlier
    connection must never be acknowledged on a later one."""

    topic: str
    payload: bytes
    qos: int
    retain: bool
    dup: bool
    packet_id: int
    epoch: int
    received_at: float


class Reason(StrEnum):
    """Why a message or a reading did not reach the detector: the label of
    `streamrnn_dropped_total`."""

    # the whole message
    QUEUE_FULL = "queue_full"
    OWN_TOPIC = "own_topic"
    SYS_TOPIC = "sys_topic"
    RETAINED = "retained"
    NO_SOURCE = "no_source"
    EMPTY = "empty"
    TOO_LARGE = "too_large"
    NOT_UTF8 = "not_utf8"
    NOT_DECODABLE = "not_decodable"
    DUPLICATE_KEY = "duplicate_key"
    TOO_DEEP = "too_deep"
    NO_NUMERIC_FIELD = "no_numeric_field"
    METADATA = "metadata"  # says something about a device, as it should, and holds no reading
    BAD_TIME = "bad_time"
    FAR_FUTURE = "far_future"
    # one reading of it
    FIELD_MISSING = "field_missing"
    NOT_A_NUMBER = "not_a_number"
    NOT_FINITE = "not_finite"
    OUT_OF_BOUNDS = "out_of_bounds"
    BAD_STREAM_NAME = "bad_stream_name"
    TOO_MANY_STREAMS = "too_many_streams"
    NEW_STREAM_RATE = "new_stream_rate"
    UNKNOWN_METRIC = "unknown_metric"  # Sparkplug: its birth was not heard
    # Sparkplug, beside what a message says: messages lost on the way; a node or device has gone
    MISSED = "missed"
    DEATH = "death"
    # a whole message, found by the loop
    REDELIVERED = "redelivered"
    # one reading, found by the detector, which knows the stream's last reading
    LATE = "late"
    DUPLICATE = "duplicate"


HARMLESS: Final = frozenset(
    {
        *(Reason.METADATA, Reason.RETAINED, Reason.OWN_TOPIC, Reason.SYS_TOPIC, Reason.NO_SOURCE),
        *(Reason.REDELIVERED, Reason.DUPLICATE),
    }
)
"""Left out as it should be: nothing that was measured is lost."""


class Readings(NamedTuple):
    """The columns of one micro-batch, in arrival order. All lists have one length."""

    streams: list[str]
    values: list[float]
    times: list[float]


class Outcome(IntEnum):
    """What the detector did with one reading."""

    WARMING = 0  # learned from; too early for the model to judge
    NORMAL = 1
    ANOMALY = 2  # score above 1
    LATE = 3  # older than the stream's last reading: not applied
    DUPLICATE = 4  # same time and value as the last one: not applied


class Kind(IntEnum):
    """What an anomaly looks like, the gravest last. The text of a kind is `kind.name.lower()`."""

    NONE = 0
    UNEXPECTED = 1  # none of the following: an unusual course
    SPIKE = 2  # one or a few readings far off, then as before
    VARIANCE = 3  # noisier than usual
    DRIFT = 4  # moving away slowly and steadily
    LEVEL_SHIFT = 5  # another level than before
    FLATLINE = 6  # one value over and over
    OUT_OF_RANGE = 7  # beyond its hard limits, or everything this stream has shown so far
    STALE = 8  # no readings


class Decision(msgspec.Struct, frozen=True, gc=False):
    """The detector's judgement of one reading.

    score: below 1 inside the band of the usual, above 1 anomalous; 0 while warming.
    yhat, yhat_lower, yhat_upper: the forecast made *before* the reading and its 95 % band, in the
    sensor's unit; NaN while there is none yet.
    """

    outcome: Outcome
    score: float
    kind: Kind
    value: float
    time: float
    yhat: float
    yhat_lower: float
    yhat_upper: float

    @property
    def is_anomaly(self) -> bool:
        return self.outcome is Outcome.ANOMALY


class EventType(StrEnum):
    NEW = "new"
    UPDATE = "update"
    END = "end"


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One step in the life of an anomaly. All steps of one anomaly carry the same `id`.

    time: of the reading behind this step; since: of the reading with which the anomaly began.
    stream: the one that broke first. also: other streams of its device that broke together with
    it, up to this step: they have no event of their own.
    """

    id: str
    type: EventType
    gateway: str
    stream: str
    kind: str
    time: float
    since: float
    value: float
    score: float
    yhat: float | None
    yhat_lower: float | None
    yhat_upper: float | None
    message: str
    also: tuple[str, ...] = ()
