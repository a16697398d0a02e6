"""Events in the words of whoever listens: as their receivers document them."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from streamrnn.records import Event, EventType
from streamrnn.service.sinks import event_json, iso_time
from streamrnn.service.sinks.webhook.requests import Request, Target, make_request
from tests.service.fleet_snapshots import NOW, opened

OPENED = opened("freezer/temperature")
ENDED = msgspec.structs.replace(OPENED, type=EventType.END)
GOES_ON = msgspec.structs.replace(OPENED, type=EventType.UPDATE)


def made(template: str, event: Event, **target: str) -> Request:
    return make_request(template, event, Target(**{"url": "http://host/in", **target}), NOW)


def content(template: str, event: Event, **target: str) -> Any:
    return json.loads(made(template, event, **target).body)


def test_json_is_the_event_as_on_mqtt() -> None:
    request = made("json", OPENED, token="t")
    assert request.body == event_json(OPENED)
    assert request.url == "http://host/in"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["authorization"] == "Bearer t"


def test_the_same_step_has_the_same_key_and_another_has_another() -> None:
    keys = [made("json", e).headers["idempotency-key"] for e in (OPENED, OPENED, ENDED)]
    assert keys[0] == keys[1] != keys[2]


def test_without_a_token_nothing_is_said_about_it() -> None:
    assert "authorization" not in made("json", OPENED).headers


def test_ntfy_is_told_the_topic_of_the_address() -> None:
    request = made("ntfy", OPENED, url="https://ntfy.example.com/base/boiler%20house", token="tk")
    assert request.url == "https://ntfy.example.com/base/"
    assert json.loads(request.body) == {
        "topic": "boiler house",
        "title": "boiler-house: anomaly",
        "message": OPENED.message,
        "priority": 4,
        "tags": ["warning"],
    }
    assert request.headers["authorization"] == "Bearer tk"


def test_an_end_disturbs_less_than_a_beginning() -> None:
    priorities = [content("ntfy", e)["priority"] for e in (OPENED, GOES_ON, ENDED)]
    assert priorities == sorted(priorities, reverse=True)
    assert set(priorities) <= {1, 2, 3, 4, 5}


def test_slack_gets_text_in_which_nothing_is_a_link_or_a_mention() -> None:
    event = msgspec.structs.replace(OPENED, message="a<!channel>&b is 1")
    text = content("slack", event)["text"]
    assert text.endswith("a&lt;!channel&gt;&amp;b is 1")
    assert text.startswith(":warning: *boiler-house: anomaly*\n")


def test_telegram_gets_plain_text_for_a_chat() -> None:
    event = msgspec.structs.replace(OPENED, message="x" * 5000)
    message = content("telegram", event, chat="-100")
    assert message["chat_id"] == "-100"
    assert len(message["text"]) == 4096
    assert "parse_mode" not in message


def test_pagerduty_has_one_incident_from_beginning_to_end() -> None:
    first, last = content("pagerduty", OPENED, token="R0"), content("pagerduty", ENDED, token="R0")
    assert (first["event_action"], last["event_action"]) == ("trigger", "resolve")
    assert first["dedup_key"] == last["dedup_key"] == OPENED.id
    assert first["routing_key"] == "R0"
    payload = first["payload"]
    assert payload["severity"] in ("critical", "error", "warning", "info")
    assert (payload["summary"], payload["source"]) == (OPENED.message, "boiler-house")
    assert payload["timestamp"] == iso_time(NOW)
    assert "payload" not in last


def test_a_long_sentence_fits_pagerduty() -> None:
    event = msgspec.structs.replace(OPENED, message="x" * 5000)
    assert len(content("pagerduty", event)["payload"]["summary"]) == 1024


def test_alertmanager_knows_the_end_by_the_labels_of_the_beginning() -> None:
    worse = msgspec.structs.replace(ENDED, kind="out_of_range", time=NOW - 10)
    (first,), (last,) = content("alertmanager", OPENED), content("alertmanager", worse)
    assert first["labels"] == last["labels"]
    assert first["startsAt"] == last["startsAt"] == iso_time(OPENED.since)
    assert first["endsAt"] > iso_time(NOW)
    assert last["endsAt"] == iso_time(NOW - 10)


@pytest.mark.parametrize("ahead", [-1e6, 0.0, 1e6])
def test_an_end_is_in_the_past_and_after_its_beginning_whatever_the_sensors_clock(
    ahead: float,
) -> None:
    event = msgspec.structs.replace(ENDED, time=NOW + ahead, since=NOW + ahead - 5)
    (alert,) = content("alertmanager", event)
    assert alert["startsAt"] <= alert["endsAt"] <= iso_time(NOW)


def test_the_path_of_alertmanager_is_added() -> None:
    assert made("alertmanager", OPENED, url="http://am:9093/").url == "http://am:9093/api/v2/alerts"
