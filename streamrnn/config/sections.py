"""The settings: one class per section of the TOML file, and `Config`, which holds them all.

Frozen and valid from birth. A part of the program is handed its own section, never the whole.
The descriptions here are the comments of `configs/streamrnn.toml`.
"""

from __future__ import annotations

import re
import socket
from typing import Annotated, Final, Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from streamrnn.config.duration import (
    DAY,
    HOUR,
    MINUTE,
    Duration,
    Interval,
    IntervalNeverOrAuto,
    IntervalNeverOrOnAck,
    IntervalOrNever,
    RateOrAuto,
)
from streamrnn.config.group import GroupConfig
from streamrnn.config.hard_limits import HardLimits
from streamrnn.config.http import HttpConfig
from streamrnn.config.mqtt import MqttConfig
from streamrnn.config.outputs import (
    HistoryConfig,
    HomeAssistantConfig,
    InfluxConfig,
    WebhookConfig,
)
from streamrnn.config.section import PathSetting, Section
from streamrnn.config.source import SourceConfig, TimeConfig
from streamrnn.config.topic import check_topic_prefix

__all__ = [
    "AlertsConfig",
    "Config",
    "DetectorConfig",
    "GatewayConfig",
    "GroupConfig",
    "HardLimits",
    "HistoryConfig",
    "HomeAssistantConfig",
    "HttpConfig",
    "InfluxConfig",
    "LimitsConfig",
    "LogConfig",
    "MqttConfig",
    "SourceConfig",
    "StateConfig",
    "TimeConfig",
    "WebhookConfig",
]


_LONGEST_GATEWAY_NAME: Final = 100
_NOT_IN_A_LEVEL: Final = re.compile(r"[/+#\s\x00-\x1f\x7f]+")


def gateway_name(hostname: str) -> str:
    """A host name made fit to be one level of an MQTT topic."""
    return _NOT_IN_A_LEVEL.sub("-", hostname).strip("-")[:_LONGEST_GATEWAY_NAME] or "gateway"


class GatewayConfig(Section):
    """The machine that this daemon runs on."""

    name: str = Field(
        default_factory=lambda: gateway_name(socket.gethostname()),
        max_length=_LONGEST_GATEWAY_NAME,
        description="Its name in topics, events and metrics. Default: the host name.",
        examples=["boiler-house"],
    )

    @field_validator("name")
    @classmethod
    def _check_name(cls, name: str) -> str:
        if not name or _NOT_IN_A_LEVEL.search(name):
            raise ValueError("must be one word without /, + or #, as it becomes part of topics")
        return name


class LimitsConfig(Section):
    """What input may cost at most. What goes beyond is counted and left out."""

    max_streams: int = Field(
        default=10_000,
        ge=1,
        description="Streams in all. When there is no room for a new one, the one that has been "
        "idle for longest gives way: for hours, and longer than its rhythm explains. If none is, "
        "the new one is left out.",
    )
    max_memory_mb: Annotated[int, Field(ge=300)] | Literal["auto"] = Field(
        default="auto",
        description="Memory that the daemon may take, in MB: no more streams than it has room for, "
        "about 260 MB and 33 kB for each. auto: 80 % of what systemd or the container allows, or "
        "half of the machine's, if that is less.",
        examples=[512],
    )
    new_streams_per_second: float = Field(
        default=100.0,
        gt=0,
        allow_inf_nan=False,
        description="New streams per second, and how many may come at once.",
    )
    max_payload_bytes: int = Field(
        default=65_536, ge=1, le=16_000_000, description="Size of a payload, in bytes."
    )
    max_future: Duration = Field(
        default=1 * HOUR, description="How far ahead of the clock the time of a reading may be."
    )
    max_abs_value: float = Field(
        default=1e15, gt=0, allow_inf_nan=False, description="Size of a value, without its sign."
    )
    ignore_retained: bool = Field(
        default=True,
        description="Leave out messages that the broker had stored: their age is unknown.",
    )


class DetectorConfig(Section):
    """The recurrent network of every stream, and how it learns."""

    cell: Literal["elman"] = Field(default="elman", description="Kind of recurrent cell.")
    hidden: Literal[8, 16, 32] = Field(
        default=8, description="Size of its hidden state: 8, 16 or 32."
    )
    activation: Literal["tanh", "relu"] = Field(
        default="tanh", description="Its activation: tanh or relu."
    )
    warm_up: int = Field(
        default=150,
        ge=50,
        le=1_000_000,
        description="Readings to learn from before the model may raise alerts.",
    )
    false_alarms: RateOrAuto = Field(
        default="auto",
        description="How many false alarms are acceptable, for each stream: its threshold follows. "
        "auto: one fixed threshold, a few in 10,000 readings.",
        examples=["1 per 30d"],
    )
    retrain_every: IntervalOrNever = Field(
        default=1 * DAY,
        description="How often a stream is trained afresh on its recent past, or never.",
    )
    adapt_after: IntervalNeverOrOnAck = Field(
        default=6 * HOUR,
        description="While an anomaly lasts its readings are not learned. One that has lasted for "
        "so long is the new normal: it ends and is learned. never, or on_ack: when somebody "
        'sends "ack".',
    )
    limits: tuple[HardLimits, ...] = Field(
        default=(),
        strict=False,
        description="Values that streams must keep to: out_of_range, from the first reading on.",
        examples=[[{"streams": ["*/temperature"], "low": -40.0, "high": 85.0}]],
    )
    seed: int = Field(
        default=0, ge=0, description="Start of the random numbers: same seed, same decisions."
    )


class AlertsConfig(Section):
    """What is published about anomalies, and when an anomaly counts as over."""

    topic_prefix: str = Field(
        default="streamrnn", description="First part of all topics that the daemon publishes to."
    )
    commands: bool = Field(
        default=True, description="Obey ack, snooze, reset and not_an_anomaly sent over MQTT."
    )
    state_every: Interval = Field(
        default=1 * MINUTE, description="How often the retained state of a stream is refreshed."
    )
    update_every: Interval = Field(
        default=5 * MINUTE, description="An anomaly that lasts is reported anew at most this often."
    )
    open_after: Duration = Field(
        default=0.0,
        description="The score must have stayed above 1 for so long before an anomaly is told.",
    )
    close_below: float = Field(
        default=0.8,
        gt=0,
        le=1,
        description="An anomaly ends once the score has stayed below this for the length of "
        "close_after, and not before the stream's 32nd reading since its alarm.",
    )
    close_after: Duration = Field(default=10 * MINUTE, description="See close_below.")
    cooldown: Duration = Field(
        default=10 * MINUTE,
        description="After the end of an anomaly its stream begins no other for so long; one that "
        "lasts longer is told then.",
    )
    group_within: Duration = Field(
        default=5 * MINUTE,
        description="Streams of one device that break within so long are told as one event, which "
        'names them all. "0s": each on its own.',
    )
    stale_after: IntervalNeverOrAuto = Field(
        default="auto",
        description="Silence after which a stream is stale. auto: learned from its own rhythm, "
        "with more patience for streams that only speak when something changes. Or a length, or "
        "never.",
        examples=["1h"],
    )
    outbox_size: int = Field(
        default=10_000,
        ge=100,
        description="Events that wait on disk for a destination that is away; beyond it the oldest "
        "are given up.",
    )

    @field_validator("topic_prefix")
    @classmethod
    def _check_topic_prefix(cls, prefix: str) -> str:
        return check_topic_prefix(prefix)


class StateConfig(Section):
    """What has been learned, kept on disk."""

    directory: PathSetting | None = Field(
        default=None,
        description="Where. Default: $STATE_DIRECTORY as set by systemd, "
        "else streamrnn in $XDG_STATE_HOME, else ~/.local/state/streamrnn.",
        examples=["/var/lib/streamrnn"],
    )
    checkpoint_every: Interval = Field(
        default=1 * MINUTE, description="How often. A power cut loses at most this much learning."
    )
    durability: Literal["auto", "exact", "relaxed"] = Field(
        default="auto",
        description="exact: the broker keeps every reading until it is in a checkpoint, so that a "
        "crash neither loses nor repeats one. relaxed: until its alerts are on disk. auto: exact "
        "while the broker sends that many readings ahead.",
    )


class LogConfig(Section):
    """The log, on standard error: one line per event."""

    format: Literal["logfmt", "json"] = Field(default="logfmt", description="logfmt or json.")
    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="debug, info, warning or error."
    )


class Config(Section):
    """All settings of a daemon."""

    gateway: GatewayConfig = Field(default_factory=GatewayConfig)
    mqtt: MqttConfig = Field(default_factory=MqttConfig)
    source: tuple[SourceConfig, ...] = Field(default=(), strict=False)
    group: tuple[GroupConfig, ...] = Field(default=(), strict=False)
    detector: DetectorConfig = Field(default_factory=DetectorConfig)
    alerts: AlertsConfig = Field(default_factory=AlertsConfig, validate_default=True)
    webhook: tuple[WebhookConfig, ...] = Field(default=(), strict=False)
    homeassistant: HomeAssistantConfig = Field(default_factory=HomeAssistantConfig)
    influxdb: InfluxConfig = Field(default_factory=InfluxConfig)
    history: HistoryConfig = Field(default_factory=HistoryConfig)
    http: HttpConfig = Field(default_factory=HttpConfig)
    state: StateConfig = Field(default_factory=StateConfig)
    log: LogConfig = Field(default_factory=LogConfig)
    limits: LimitsConfig = Field(default_factory=LimitsConfig)

    @field_validator("webhook")
    @classmethod
    def _check_webhooks_differ(
        cls, webhooks: tuple[WebhookConfig, ...]
    ) -> tuple[WebhookConfig, ...]:
        names = [webhook.name for webhook in webhooks]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f'must have different names: "{name}" is there twice')
        return webhooks

    @field_validator("alerts")
    @classmethod
    def _check_no_source_is_our_own_output(
        cls, alerts: AlertsConfig, info: ValidationInfo
    ) -> AlertsConfig:
        for index, source in enumerate(info.data.get("source", ())):
            if f"{source.topic}/".startswith(f"{alerts.topic_prefix}/"):
                raise PydanticCustomError(
                    "between_sections",
                    'source[{index}].topic = "{topic}": must not lie under alerts.topic_prefix, '
                    "where the daemon itself publishes",
                    {"index": index, "topic": source.topic},
                )
        return alerts
