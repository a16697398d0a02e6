"""Settings from environment variables."""

from __future__ import annotations

import pytest

from streamrnn.config.environment import NOT_SETTINGS, read_environment, variable_name
from streamrnn.config.tree import settings


def values(**environ: str) -> dict[str, object]:
    found, problems = read_environment({f"STREAMRNN_{k}": v for k, v in environ.items()})
    assert problems == []
    return found


def test_every_setting_has_a_variable_of_its_own() -> None:
    environ = {variable_name(path): "x" for path in settings()}
    found, problems = read_environment(environ)
    assert len(environ) == len(settings())
    assert set(found) == set(settings())
    assert problems == []


def test_text_is_written_without_quotes_whatever_it_looks_like() -> None:
    assert values(MQTT__BROKER="mqtt://h:1") == {"mqtt.broker": "mqtt://h:1"}
    assert values(MQTT__USER="0123") == {"mqtt.user": "0123"}
    assert values(GATEWAY__NAME="true") == {"gateway.name": "true"}
    assert values(MQTT__PROTOCOL="5") == {"mqtt.protocol": "5"}
    assert values(STATE__DIRECTORY="2024") == {"state.directory": "2024"}


def test_numbers_switches_and_durations_are_written_as_in_the_file() -> None:
    assert values(HTTP__PORT="0") == {"http.port": 0}
    assert values(DETECTOR__HIDDEN="32") == {"detector.hidden": 32}
    assert values(ALERTS__CLOSE_BELOW="0.5") == {"alerts.close_below": 0.5}
    assert values(ALERTS__COMMANDS="false") == {"alerts.commands": False}
    assert values(ALERTS__COOLDOWN="1h30m") == {"alerts.cooldown": "1h30m"}
    assert values(DETECTOR__RETRAIN_EVERY="never") == {"detector.retrain_every": "never"}


def test_sources_are_written_as_one_toml_list() -> None:
    text = '[{topic = "a/#", qos = 0}, {topic = "b"}]'
    assert values(SOURCE=text) == {"source": [{"topic": "a/#", "qos": 0}, {"topic": "b"}]}


@pytest.mark.parametrize("text", ["", "abc", "[1", "1\nx = 2\n[a"])
def test_what_is_not_toml_is_passed_on_for_the_rules_to_refuse(text: str) -> None:
    assert values(HTTP__PORT=text) == {"http.port": text}


def test_other_variables_are_left_alone() -> None:
    environ = {"PATH": "/bin", "streamrnn_http__port": "1", "STREAMRNN": "x"}
    environ |= dict.fromkeys(NOT_SETTINGS, "/somewhere")
    assert read_environment(environ) == ({}, [])


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("STREAMRNN_MQTT__BROKR", "STREAMRNN_MQTT__BROKER"),
        ("STREAMRNN_MQTT_BROKER", "STREAMRNN_MQTT__BROKER"),
        ("STREAMRNN_mqtt__broker", "STREAMRNN_MQTT__BROKER"),
        ("STREAMRNN_HTTP__PORTS", "STREAMRNN_HTTP__PORT"),
        ("STREAMRNN_SOURCES", "STREAMRNN_SOURCE"),
    ],
)
def test_a_misspelt_variable_is_a_problem_that_names_the_probable_one(
    variable: str, meant: str
) -> None:
    assert read_environment({variable: "secret"}) == (
        {},
        [f"{variable}: unknown setting; did you mean {meant}?"],
    )


def test_an_unknown_variable_is_a_problem_that_shows_how_names_are_made() -> None:
    _, (problem,) = read_environment({"STREAMRNN_FROBNICATE": "secret"})
    assert problem.startswith("STREAMRNN_FROBNICATE: unknown setting; ")
    assert "STREAMRNN_MQTT__BROKER for mqtt.broker" in problem
