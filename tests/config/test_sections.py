"""The sections together: what a `Config` is and which values it refuses."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from streamrnn.config import Config, DetectorConfig, GatewayConfig, MqttConfig, SourceConfig
from streamrnn.config.duration import parse_duration
from streamrnn.config.sections import gateway_name
from streamrnn.config.tree import settings


def refused_places(data: dict[str, Any]) -> list[tuple[str | int, ...]]:
    with pytest.raises(ValidationError) as caught:
        Config.model_validate(data)
    return [error["loc"] for error in caught.value.errors()]


def test_the_defaults_obey_the_rules() -> None:
    defaults = Config().model_dump(mode="json")
    assert Config.model_validate(defaults) == Config()


def test_defaults_of_durations_mean_what_they_say() -> None:
    config = Config()
    assert config.mqtt.keepalive == parse_duration("10s")
    assert config.mqtt.session_expiry == parse_duration("1d")
    assert config.detector.retrain_every == parse_duration("1d")
    assert config.alerts.state_every == parse_duration("1m")
    assert config.alerts.update_every == parse_duration("5m")
    assert config.alerts.cooldown == parse_duration("10m")
    assert config.state.checkpoint_every == parse_duration("1m")
    assert config.limits.max_future == parse_duration("1h")


def test_a_config_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        Config().mqtt.broker = "mqtt://elsewhere"
    with pytest.raises(ValidationError):
        Config().mqtt = MqttConfig()


def test_every_setting_is_described_in_a_sentence() -> None:
    descriptions = [field.description or "" for path, field in settings().items() if "." in path]
    descriptions += [field.description or "" for field in SourceConfig.model_fields.values()]
    assert all(text.endswith(".") for text in descriptions)


@pytest.mark.parametrize(
    ("section", "setting", "value"),
    [
        ("gateway", "name", ""),
        ("gateway", "name", "a/b"),
        ("gateway", "name", "a b"),
        ("gateway", "name", "a+"),
        ("gateway", "name", "#"),
        ("gateway", "name", "a" * 101),
        ("detector", "cell", "gru"),
        ("detector", "hidden", 17),
        ("detector", "hidden", "16"),
        ("detector", "activation", "sigmoid"),
        ("detector", "warm_up", 49),
        ("detector", "warm_up", 1_000_001),
        ("detector", "warm_up", 150.5),
        ("detector", "warm_up", True),
        ("detector", "retrain_every", "0s"),
        ("detector", "retrain_every", 86_400),
        ("detector", "seed", -1),
        ("alerts", "topic_prefix", "a/#"),
        ("alerts", "commands", 1),
        ("alerts", "state_every", "0s"),
        ("alerts", "update_every", "0s"),
        ("alerts", "close_below", 0.0),
        ("alerts", "close_below", 1.01),
        ("alerts", "cooldown", "soon"),
        ("http", "enabled", "yes"),
        ("http", "host", ""),
        ("http", "port", -1),
        ("http", "port", 65_536),
        ("http", "port", "8095"),
        ("state", "directory", ""),
        ("state", "checkpoint_every", "0s"),
        ("log", "format", "xml"),
        ("log", "level", "trace"),
        ("limits", "max_streams", 0),
        ("limits", "new_streams_per_second", 0.0),
        ("limits", "new_streams_per_second", float("inf")),
        ("limits", "max_payload_bytes", 0),
        ("limits", "max_future", "-1h"),
        ("limits", "max_abs_value", float("nan")),
        ("limits", "max_abs_value", -1.0),
        ("limits", "ignore_retained", "true"),
    ],
)
def test_a_value_out_of_its_bounds_is_refused(section: str, setting: str, value: object) -> None:
    assert refused_places({section: {setting: value}}) == [(section, setting)]


def test_a_whole_number_serves_where_a_fraction_may_stand() -> None:
    assert Config.model_validate({"alerts": {"close_below": 1}}).alerts.close_below == 1.0


@pytest.mark.parametrize("hidden", [8, 16, 32])
def test_hidden_sizes_are_those_that_kernels_exist_for(hidden: Any) -> None:
    assert DetectorConfig(hidden=hidden).hidden == hidden


def test_the_gateway_is_named_after_its_host() -> None:
    assert gateway_name("boiler-house.local") == "boiler-house.local"
    assert gateway_name("a/b #1") == "a-b-1"
    assert gateway_name("") == "gateway"
    assert gateway_name("a" * 300) == "a" * 100


@given(st.text())
def test_any_host_name_becomes_a_valid_gateway_name(hostname: str) -> None:
    name = gateway_name(hostname)
    assert GatewayConfig(name=name).name == name


@pytest.mark.parametrize("topic", ["site/rnn", "site/rnn/#", "site/rnn/{gateway}/events"])
def test_a_source_may_not_listen_to_what_the_daemon_publishes(topic: str) -> None:
    data = {"source": [{"topic": "ok"}, {"topic": topic}], "alerts": {"topic_prefix": "site/rnn"}}
    with pytest.raises(ValidationError, match=r"source\[1\].topic = .* must not lie under"):
        Config.model_validate(data)


@pytest.mark.parametrize("topic", ["#", "site/#", "site/rnnx/#", "+/rnn/#"])
def test_a_source_may_listen_to_topics_around_the_daemons(topic: str) -> None:
    data = {"source": [{"topic": topic}], "alerts": {"topic_prefix": "site/rnn"}}
    assert Config.model_validate(data).source[0].topic == topic


def test_the_text_of_a_raw_validation_error_shows_no_values() -> None:
    with pytest.raises(ValidationError) as caught:
        Config.model_validate({"mqtt": {"password": "hunter2", "broker": "mqtt://me:hunter2@h"}})
    assert "hunter2" not in str(caught.value)
