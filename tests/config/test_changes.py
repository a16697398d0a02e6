"""What a reload can apply, and what needs a restart."""

from __future__ import annotations

from typing import Any

import pytest

from streamrnn.config import Config
from streamrnn.config.changes import Change, changes


def difference(new: dict[str, Any]) -> list[Change]:
    return changes(Config(), Config.model_validate(new))


def test_equal_settings_have_no_changes() -> None:
    assert difference({"http": {"port": 8095}}) == []


@pytest.mark.parametrize(
    ("new", "path"),
    [
        ({"source": [{"topic": "a"}]}, "source"),
        ({"alerts": {"cooldown": "1s"}}, "alerts.cooldown"),
        ({"limits": {"max_streams": 5}}, "limits.max_streams"),
        ({"log": {"level": "debug"}}, "log.level"),
    ],
)
def test_a_running_daemon_takes_these_over(new: dict[str, Any], path: str) -> None:
    assert difference(new) == [Change(path, needs_restart=False)]


@pytest.mark.parametrize(
    ("new", "path"),
    [
        ({"gateway": {"name": "other-name"}}, "gateway.name"),
        ({"mqtt": {"broker": "mqtt://b"}}, "mqtt.broker"),
        ({"detector": {"warm_up": 200}}, "detector.warm_up"),
        ({"alerts": {"topic_prefix": "x"}}, "alerts.topic_prefix"),
        ({"http": {"port": 1}}, "http.port"),
        ({"state": {"directory": "/x"}}, "state.directory"),
        ({"webhook": [{"name": "a", "url": "http://a"}]}, "webhook"),
        ({"homeassistant": {"enabled": True}}, "homeassistant.enabled"),
        ({"influxdb": {"url": "http://a"}}, "influxdb.url"),
        ({"history": {"enabled": False}}, "history.enabled"),
    ],
)
def test_these_need_a_restart(new: dict[str, Any], path: str) -> None:
    assert difference(new) == [Change(path, needs_restart=True)]


def test_changes_are_listed_one_by_one_in_the_order_of_the_file() -> None:
    new = {"log": {"level": "debug"}, "http": {"port": 1, "host": "::1"}}
    assert [change.path for change in difference(new)] == ["http.host", "http.port", "log.level"]
