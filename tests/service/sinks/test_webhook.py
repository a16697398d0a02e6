"""One webhook: which events, with whose secrets, and a real Alertmanager at the other end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from streamrnn.config import WebhookConfig
from streamrnn.records import Event, EventType
from streamrnn.service.sinks.post import TryLaterError
from streamrnn.service.sinks.webhook import Webhook
from tests.service.fleet_snapshots import NOW, opened
from tests.service.sinks.receiver import Answer, Receiver
from tests.service.sinks.servers import alertmanager, get


def webhook(**settings: Any) -> Webhook:
    return Webhook(WebhookConfig(name="w", **settings), clock=lambda: NOW)


def step(type: EventType) -> Event:
    return msgspec.structs.replace(opened("freezer/temperature"), type=type)


def test_an_event_is_delivered_with_the_token_of_the_moment(tmp_path: Path) -> None:
    token = tmp_path / "token"
    with Receiver() as receiver:
        hook = webhook(url=receiver.url, token_file=token)
        for secret in ("old", "new"):
            token.write_text(secret)
            hook.deliver(step(EventType.NEW))
        assert [got.headers["authorization"] for got in receiver.received] == [
            "Bearer old",
            "Bearer new",
        ]
        assert receiver.received[0].json["stream"] == "freezer/temperature"


def test_an_address_may_be_a_secret(tmp_path: Path) -> None:
    file = tmp_path / "url"
    with Receiver(Answer(404, b"no /bot123:secret here")) as receiver:
        file.write_text(f"{receiver.url}/bot123:secret\n")
        hook = webhook(template="telegram", url_file=file, chat="7")
        with pytest.raises(TryLaterError) as caught:
            hook.deliver(step(EventType.NEW))
        assert receiver.received[0].path == "/bot123:secret"
    assert "123:secret" not in str(caught.value)


def test_a_file_whose_address_is_none_is_tried_later(tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text("hooks.slack.com/services/T0/B0/secret")
    with pytest.raises(TryLaterError, match="must be http://host") as caught:
        webhook(template="slack", url_file=file).deliver(step(EventType.NEW))
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({}, ["new", "end"]),
        ({"updates": True}, ["new", "update", "end"]),
        ({"streams": ["freezer/*"]}, ["new", "end"]),
        ({"streams": ["door", "hall/*"]}, []),
    ],
)
def test_only_what_was_asked_for_is_told(settings: dict[str, Any], told: list[str]) -> None:
    with Receiver() as receiver:
        hook = webhook(url=receiver.url, **settings)
        for type in EventType:
            hook.deliver(step(type))
        assert [got.json["type"] for got in receiver.received] == told


def test_alertmanager_fires_and_resolves(tmp_path: Path) -> None:
    with alertmanager(tmp_path) as port:
        hook = Webhook(
            WebhookConfig(name="w", template="alertmanager", url=f"http://127.0.0.1:{port}")
        )
        event = msgspec.structs.replace(
            opened('freezer "two"/temperature °C'), message='10 < "20"\\n & °C'
        )
        hook.deliver(event)
        hook.deliver(msgspec.structs.replace(event, type=EventType.UPDATE))
        (alert,) = get(port, "/api/v2/alerts")[1]
        assert alert["labels"]["stream"] == event.stream
        assert alert["annotations"]["summary"] == event.message
        assert alert["status"]["state"] in ("active", "unprocessed")
        hook.deliver(msgspec.structs.replace(event, type=EventType.END))
        assert get(port, "/api/v2/alerts")[1] == []
