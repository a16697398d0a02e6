"""An event as an HTTP request, in the words of whoever listens. Pure.

Each function is named after its template and documented by its receiver:

    json          our own events topic
    ntfy          https://docs.ntfy.sh/publish/#publish-as-json
    slack         https://api.slack.com/messaging/webhooks
    telegram      https://core.telegram.org/bots/api#sendmessage
    pagerduty     https://developer.pagerduty.com/docs/events-api-v2/trigger-events/
    alertmanager  https://prometheus.io/docs/alerting/latest/clients/
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import unquote, urlsplit, urlunsplit

import msgspec

from streamrnn.records import Event, EventType
from streamrnn.service.sinks.event_json import event_fields, iso_time

_PAGERDUTY_SUMMARY: Final = 1024  # characters at most
_TELEGRAM_TEXT: Final = 4096
_STILL_FIRING_SECONDS: Final = 86_400.0  # after the last word of ours, as Alertmanager sees it


class Request(NamedTuple):
    """A POST. The body is JSON."""

    url: str
    headers: dict[str, str]
    body: bytes


class Target(NamedTuple):
    """Where to and as whom. All but `chat` may be secret: never logged."""

    url: str
    token: str = ""
    chat: str = ""


def make_request(template: str, event: Event, target: Target, now: float) -> Request:
    """template: a key of the table below. now: Unix seconds."""
    return _TEMPLATES[template](event, target, now)


def json(event: Event, target: Target, now: float) -> Request:
    """The same step of an event always has the same key, however often it arrives."""
    key = f"{event.id}:{event.type.value}:{iso_time(event.time)}"
    return _request(target.url, event_fields(event), _bearer(target) | {"idempotency-key": key})


def ntfy(event: Event, target: Target, now: float) -> Request:
    parts = urlsplit(target.url)
    path, _, topic = parts.path.rstrip("/").rpartition("/")
    priority, tag = _NTFY[event.type]
    content = {
        "topic": unquote(topic),
        "title": _title(event),
        "message": event.message,
        "priority": priority,
        "tags": [tag],
    }
    server = urlunsplit((parts.scheme, parts.netloc, path + "/", "", ""))
    return _request(server, content, _bearer(target))


def slack(event: Event, target: Target, now: float) -> Request:
    text = f"{_EMOJI[event.type]} *{_for_slack(_title(event))}*\n{_for_slack(event.message)}"
    return _request(target.url, {"text": text}, _bearer(target))


def telegram(event: Event, target: Target, now: float) -> Request:
    text = f"{_title(event)}\n{event.message}"[:_TELEGRAM_TEXT]
    content = {"chat_id": target.chat, "text": text, "disable_web_page_preview": True}
    return _request(target.url, content)


def pagerduty(event: Event, target: Target, now: float) -> Request:
    """One incident per anomaly: its id is the key by which PagerDuty knows it again."""
    is_over = event.type is EventType.END
    content: dict[str, Any] = {
        "routing_key": target.token,
        "event_action": "resolve" if is_over else "trigger",
        "dedup_key": event.id,
    }
    if not is_over:
        content["payload"] = {
            "summary": event.message[:_PAGERDUTY_SUMMARY],
            "source": event.gateway,
            "severity": "warning",
            "timestamp": iso_time(event.time),
            "component": event.stream,
            "class": event.kind,
            "custom_details": event_fields(event),
        }
    return _request(target.url, content)


def alertmanager(event: Event, target: Target, now: float) -> Request:
    """Labels are what stays the same from the beginning of an anomaly to its end."""
    since = min(event.since, now)
    until = now + _STILL_FIRING_SECONDS
    if event.type is EventType.END:
        until = max(since, min(event.time, now))
    annotations = {
        "summary": event.message,
        "id": event.id,
        "kind": event.kind,
        "value": f"{event.value:g}",
        "score": f"{event.score:.3g}",
    }
    labels = {
        "alertname": "StreamAnomaly",
        "gateway": event.gateway,
        "stream": event.stream,
        "severity": "warning",
    }
    alert = {
        "labels": labels,
        "annotations": annotations,
        "startsAt": iso_time(since),
        "endsAt": iso_time(until),
    }
    return _request(f"{target.url.rstrip('/')}/api/v2/alerts", [alert], _bearer(target))


_TEMPLATES: Final[Mapping[str, Callable[[Event, Target, float], Request]]] = {
    "json": json,
    "ntfy": ntfy,
    "slack": slack,
    "telegram": telegram,
    "pagerduty": pagerduty,
    "alertmanager": alertmanager,
}
_WORDS: Final = {
    EventType.NEW: "anomaly",
    EventType.UPDATE: "anomaly goes on",
    EventType.END: "anomaly over",
}
_EMOJI: Final = {
    EventType.NEW: ":warning:",
    EventType.UPDATE: ":hourglass_flowing_sand:",
    EventType.END: ":white_check_mark:",
}
_NTFY: Final = {  # priority, tag: by their names ntfy shows emoji
    EventType.NEW: (4, "warning"),
    EventType.UPDATE: (3, "hourglass_flowing_sand"),
    EventType.END: (2, "white_check_mark"),
}


def _title(event: Event) -> str:
    return f"{event.gateway}: {_WORDS[event.type]}"


def _for_slack(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _bearer(target: Target) -> dict[str, str]:
    return {"authorization": f"Bearer {target.token}"} if target.token else {}


def _request(url: str, content: object, headers: Mapping[str, str] | None = None) -> Request:
    body = msgspec.json.encode(content)
    return Request(url, {"content-type": "application/json", **(headers or {})}, body)
