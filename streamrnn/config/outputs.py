"""Settings of where events and readings go besides MQTT's own topics. All are off or harmless
unless asked for."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationInfo, field_validator, model_validator

from streamrnn.config.duration import DAY, SECOND, Interval
from streamrnn.config.section import PathSetting, Section
from streamrnn.config.topic import check_topic_prefix

_ALL: Final = ("*",)
_PATTERNS: Final = "Streams that count, as shell patterns; * is any text."
_NAME: Final = re.compile(r"[A-Za-z0-9_-]+")
_PAGERDUTY: Final = "https://events.pagerduty.com/v2/enqueue"

_SECRET_IN_URL: Final = ("slack", "telegram")
_TEMPLATES: Final = "json, ntfy, slack, telegram, pagerduty or alertmanager"


class HomeAssistantConfig(Section):
    """Home Assistant: every stream as a device, announced over MQTT. See docs/home-assistant.md."""

    enabled: bool = Field(
        default=False,
        description="Whether to announce streams. Once switched off, what was announced is "
        "removed at the next start.",
    )
    discovery_prefix: str = Field(
        default="homeassistant", description="As set in Home Assistant's MQTT integration."
    )
    streams: tuple[str, ...] = Field(default=_ALL, strict=False, description=_PATTERNS)
    max_streams: int = Field(
        default=500,
        ge=1,
        description="Streams to announce at most, in the order in which they came: each is a "
        "device with six entities.",
    )

    @property
    def status_topic(self) -> str:
        """Where Home Assistant says "online" when it has started."""
        return f"{self.discovery_prefix}/status"

    @field_validator("discovery_prefix")
    @classmethod
    def _check_discovery_prefix(cls, prefix: str) -> str:
        return check_topic_prefix(prefix)


class WebhookConfig(Section):
    """Alerts over HTTP: one POST per event, tried again until it arrives. See docs/alerts.md."""

    name: str = Field(
        max_length=100,
        description="Its name in logs and metrics, and of its place in the queue of alerts.",
        examples=["phone"],
    )
    template: Literal["json", "ntfy", "slack", "telegram", "pagerduty", "alertmanager"] = Field(
        default="json", description=f"Who listens there: {_TEMPLATES}."
    )
    url: str | None = Field(
        default=None,
        description="Where to: of ntfy the server with the topic, of alertmanager the server. "
        "Of pagerduty by default its own.",
        examples=["https://ntfy.sh/boiler-house"],
    )
    url_file: PathSetting | None = Field(
        default=None,
        description="File whose first line is the address, where that is a secret: in place of "
        "url for slack, and for telegram (https://api.telegram.org/bot.../sendMessage).",
        examples=["/etc/streamrnn/slack-url"],
    )
    token_file: PathSetting | None = Field(
        default=None,
        description="File whose first line is a bearer token; for pagerduty the integration key.",
        examples=["/etc/streamrnn/ntfy-token"],
    )
    chat: str | None = Field(
        default=None, description="The chat to write to; telegram only.", examples=["-1001234567"]
    )
    streams: tuple[str, ...] = Field(default=_ALL, strict=False, description=_PATTERNS)
    updates: bool = Field(
        default=False,
        description="Also tell that an anomaly goes on (alerts.update_every). alertmanager needs "
        "that and is told in any case.",
    )
    timeout: Interval = Field(
        default=10 * SECOND, description="To connect, and again for each part of the answer."
    )
    give_up_after: Interval = Field(
        default=1 * DAY, description="An event that could not be delivered for so long is dropped."
    )

    @field_validator("name")
    @classmethod
    def _check_name(cls, name: str) -> str:
        if not _NAME.fullmatch(name):
            raise ValueError("must be made of letters, digits, - and _")
        return name

    @field_validator("url")
    @classmethod
    def _check_url(cls, url: str | None, info: ValidationInfo) -> str | None:
        if url is not None and info.data.get("template") in _SECRET_IN_URL:
            raise ValueError("must come from url_file, as it is a secret")
        return None if url is None else check_http_url(url)

    @field_validator("url_file")
    @classmethod
    def _check_one_url(cls, file: Path | None, info: ValidationInfo) -> Path | None:
        if file and info.data.get("url"):
            raise ValueError("must not be set together with url")
        return file

    @field_validator("timeout")
    @classmethod
    def _check_timeout(cls, seconds: float) -> float:
        if seconds > 60:
            raise ValueError('must be at most "1m"')
        return seconds

    @property
    def address(self) -> str | None:
        """The address, as far as it is no secret."""
        if self.url is None and self.template == "pagerduty":
            return _PAGERDUTY
        return self.url

    @model_validator(mode="after")
    def _check_complete(self) -> WebhookConfig:
        missing = []
        if self.address is None and self.url_file is None:
            missing.append("url_file" if self.template in _SECRET_IN_URL else "url")
        if self.template == "pagerduty" and self.token_file is None:
            missing.append("token_file")
        if self.template == "telegram" and self.chat is None:
            missing.append("chat")
        if missing:
            raise ValueError(f'must have {" and ".join(missing)} for template = "{self.template}"')
        if self.template == "ntfy" and self.url and not urlsplit(self.url).path.strip("/"):
            raise ValueError(
                'must have a url that ends in the topic, as in "https://ntfy.sh/boiler"'
            )
        return self


class InfluxConfig(Section):
    """InfluxDB: every reading with its forecast, and every event. See docs/alerts.md."""

    url: str | None = Field(
        default=None,
        description="Address of the server. Nothing is written where it is not set.",
        examples=["http://localhost:8086"],
    )
    api: Literal["v2", "v1"] = Field(
        default="v2", description="v2 (InfluxDB 2 and 3: org, bucket, token_file) or v1 (database)."
    )
    org: str = Field(default="", description="v2: the organisation; empty where there is none.")
    bucket: str = Field(default="streamrnn", min_length=1, description="v2: the bucket.")
    database: str = Field(default="streamrnn", min_length=1, description="v1: the database.")
    user: str | None = Field(
        default=None, min_length=1, description="v1: user name.", examples=["streamrnn"]
    )
    password_file: PathSetting | None = Field(
        default=None,
        description="v1: file whose first line is the password of user.",
        examples=["/etc/streamrnn/influxdb-password"],
    )
    token_file: PathSetting | None = Field(
        default=None,
        description="v2: file whose first line is the API token.",
        examples=["/etc/streamrnn/influxdb-token"],
    )
    readings: bool = Field(default=True, description="Write readings, not only events.")
    streams: tuple[str, ...] = Field(default=_ALL, strict=False, description=_PATTERNS)
    flush_every: Interval = Field(
        default=10 * SECOND, description="How long readings are gathered before they are sent."
    )
    buffer: int = Field(
        default=100_000,
        ge=1000,
        description="Readings that may wait in memory; what comes on top is dropped and counted.",
    )

    @field_validator("url")
    @classmethod
    def _check_url(cls, url: str | None) -> str | None:
        return None if url is None else check_http_url(url)


class HistoryConfig(Section):
    """A small database beside the learned state: what `streamrnn events` reads."""

    enabled: bool = Field(default=True, description="Whether to keep it.")
    readings: bool = Field(
        default=True,
        description="Keep readings too: per stream and minute how many, lowest, highest and mean.",
    )
    keep: Interval = Field(default=90 * DAY, description="How long.")
    max_megabytes: int = Field(
        default=256,
        ge=4,
        le=1_000_000,
        description="Size on disk. Beyond it the oldest readings go, then the oldest events.",
    )


def check_http_url(url: str) -> str:
    """Return the address, or raise ValueError with the rule that it breaks."""
    try:
        parts = urlsplit(url)
        port_is_good = parts.port != 0
    except ValueError as error:
        raise ValueError("must have a port from 1 to 65535 and a well-formed host") from error
    if parts.username is not None or parts.password is not None:
        raise ValueError("must not carry a user or password")
    if parts.scheme not in ("http", "https") or not parts.hostname or re.search(r"\s", url):
        raise ValueError("must be http://host or https://host, with or without a port and a path")
    if not port_is_good:
        raise ValueError("must have a port from 1 to 65535")
    return url
