"""Settings of one source: which topics to listen to, and which streams to make of them."""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, ValidationInfo, field_validator

from streamrnn.config.section import Section
from streamrnn.config.topic import check_stream_template, check_topic_template

PayloadFormat: TypeAlias = Literal[
    "auto",
    "bare",
    "json",
    "zigbee2mqtt",
    "tasmota",
    "shelly",
    "esphome",
    "theengs",
    "ttn",
    "chirpstack",
    "homeassistant",
    "homie",
    "senml",
    "influx",
    "csv",
    "cbor",
    "msgpack",
    "sparkplug_b",
]


class TimeConfig(Section):
    """Where a message carries the time of its readings."""

    path: str = Field(
        min_length=1, description="Dotted path of the time inside the payload.", examples=["ts"]
    )
    format: Literal["auto", "unix", "unix_ms", "unix_us", "iso8601"] = Field(
        default="auto", description="auto tells the formats apart by type and size."
    )
    zone: str = Field(
        default="UTC",
        description='Time zone of times that name none, such as "Europe/Vienna".',
    )

    @field_validator("zone")
    @classmethod
    def _check_zone(cls, zone: str) -> str:
        if zone == "UTC":  # holds on a system without a time zone database as well
            return zone
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(
                'must be a time zone that this system knows, such as "Europe/Vienna" or "UTC"'
            ) from error
        return zone


class SourceConfig(Section):
    """Topics to listen to, and the streams to make of them. Repeat [[source]] for more."""

    topic: str = Field(
        description="Topics to subscribe to. + is any one level, # all further levels; "
        "{device} is any one level too, and a label to use in stream.",
        examples=["sensors/#"],
    )
    qos: Literal[0, 1] = Field(
        default=1, description="Quality of service, 0 or 1. 0: readings may be lost on the way."
    )
    format: PayloadFormat = Field(
        default="auto",
        description="Format of the payloads. auto: found out per topic. Else one of "
        + ", ".join(get_args(PayloadFormat)[1:])
        + ".",
        examples=["zigbee2mqtt"],
    )
    fields: tuple[str, ...] = Field(
        default=(),
        strict=False,
        description="Dotted paths of the numbers to take from JSON. Empty: every number.",
        examples=[["temperature", "battery.voltage"]],
    )
    exclude: tuple[str, ...] = Field(
        default=(),
        strict=False,
        description="Dotted paths to leave out.",
        examples=[["linkquality"]],
    )
    stream: str = Field(
        default="",
        description="Name of the streams, made of text, the labels of topic, {field} and {topic}. "
        "Empty: the topic, a slash, the field.",
        examples=["{device}/{field}"],
    )
    time: Literal["auto", "arrival"] | TimeConfig = Field(
        default="auto",
        description="Time of the readings. auto: from the message where it carries one; "
        "arrival: when the message came; or a table that says where to look.",
        examples=[{"path": "ts", "format": "unix_ms", "zone": "UTC"}],
    )

    rebirths: bool = Field(
        default=True,
        description="Sparkplug B: ask a node to say again what it has (NCMD "
        '"Node Control/Rebirth") when its birth or another message was missed.',
    )

    @field_validator("topic")
    @classmethod
    def _check_topic(cls, topic: str) -> str:
        return check_topic_template(topic)

    @field_validator("qos", mode="before")
    @classmethod
    def _check_qos(cls, qos: object) -> object:
        if type(qos) is not int or qos not in (0, 1):
            raise ValueError("must be 0 or 1; the daemon recognises what comes twice")
        return qos

    @field_validator("fields", "exclude")
    @classmethod
    def _check_paths(cls, paths: tuple[str, ...]) -> tuple[str, ...]:
        if any("" in path.split(".") for path in paths):
            raise ValueError('must hold dotted paths such as "battery.voltage"')
        return paths

    @field_validator("stream")
    @classmethod
    def _check_stream(cls, stream: str, info: ValidationInfo) -> str:
        if "topic" in info.data:
            check_stream_template(stream, info.data["topic"])
        return stream

    @field_validator("time", mode="before")
    @classmethod
    def _read_time(cls, value: object) -> object:
        """Choose the form by type, so that errors speak of one form and not of both."""
        if isinstance(value, dict):
            return TimeConfig.model_validate(value)
        if isinstance(value, TimeConfig) or value in ("auto", "arrival"):
            return value
        raise ValueError(
            'must be "auto", "arrival" or a table such as { path = "ts", format = "unix_ms" }'
        )
