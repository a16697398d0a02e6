"""What people read when a setting is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from streamrnn.config import Config
from streamrnn.config.problems import describe


def problems(data: dict[str, Any], **written_as: str) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        Config.model_validate(data)
    return describe(caught.value, written_as)


@pytest.mark.parametrize(
    ("data", "line"),
    [
        ({"mqtt": {"brokr": "x"}}, 'mqtt.brokr = "x": unknown setting; did you mean "broker"?'),
        ({"mqqt": {}}, 'mqqt: unknown section; did you mean "mqtt"?'),
        ({"sources": []}, 'sources: unknown section; did you mean "source"?'),
        ({"broker": "x"}, 'broker = "x": unknown setting; did you mean "mqtt.broker"?'),
        ({"cooldwn": "1h"}, 'cooldwn = "1h": unknown setting; did you mean "alerts.cooldown"?'),
        (
            {"http": {"xyz": 1}},
            "http.xyz = 1: unknown setting; known here: enabled, host, port, token_file, "
            "cert_file, key_file",
        ),
        ({"http": 8095}, "http = 8095: must be a section: write [http], and its settings below"),
        ({"http": {"port": "x"}}, 'http.port = "x": must be a whole number'),
        ({"http": {"port": 80.5}}, "http.port = 80.5: must be a whole number"),
        ({"http": {"port": 65_536}}, "http.port = 65536: must be at most 65,535"),
        ({"http": {"port": -1}}, "http.port = -1: must be at least 0"),
        ({"http": {"host": 1}}, "http.host = 1: must be text, in quotes"),
        ({"http": {"host": ""}}, 'http.host = "": must not be empty'),
        ({"http": {"enabled": "yes"}}, 'http.enabled = "yes": must be true or false'),
        ({"http": {"host": True}}, "http.host = true: must be text, in quotes"),
        ({"http": {"host": "\udcff"}}, 'http.host = "\\udcff": must be valid UTF-8'),
        ({"alerts": {"close_below": "x"}}, 'alerts.close_below = "x": must be a number'),
        ({"alerts": {"close_below": 0}}, "alerts.close_below = 0: must be greater than 0"),
        (
            {"limits": {"max_abs_value": float("inf")}},
            "limits.max_abs_value = inf: must be a finite number",
        ),
        (
            {"mqtt": {"keepalive": 30}},
            'mqtt.keepalive = 30: must have a unit, such as "30s", "10m", "6h" or "1d"',
        ),
        (
            {"log": {"level": "warn"}},
            'log.level = "warn": must be "debug", "info", "warning" or "error"; '
            'did you mean "warning"?',
        ),
        (
            {"source": {"topic": "a"}},
            "source: must be a list of tables: write [[source]], in double brackets",
        ),
        ({"source": ["a"]}, 'source[0] = "a": must be a table of settings'),
        ({"source": [{}]}, "source[0].topic: must be set"),
        (
            {"source": [{"topic": "a", "qos": 2}]},
            "source[0].qos = 2: must be 0 or 1; the daemon recognises what comes twice",
        ),
        (
            {"gateway": {"name": "g" * 101}},
            f'gateway.name = "{"g" * 80}...": must have at most 100 characters',
        ),
        (
            {"source": [{"topic": "a", "fields": "b"}]},
            'source[0].fields = "b": must be a list, in square brackets',
        ),
        (
            {"source": [{"topic": "a"}, {"topic": "a", "time": {"path": "t", "zon": "UTC"}}]},
            'source[1].time.zon = "UTC": unknown setting; did you mean "zone"?',
        ),
        (
            {"source": [{"topic": "streamrnn/#"}]},
            'source[0].topic = "streamrnn/#": must not lie under alerts.topic_prefix, '
            "where the daemon itself publishes",
        ),
    ],
)
def test_a_problem_says_where_what_and_what_must_hold(data: dict[str, Any], line: str) -> None:
    assert problems(data) == [line]


def test_all_problems_are_told_at_once_in_the_order_of_the_sections() -> None:
    lines = problems(
        {
            "log": {"level": "loud"},
            "mqtt": {"keepalive": 30, "brokr": "x", "user": ""},
            "source": [{"topic": "#/a", "qos": 3}, {"time": {"format": "unix"}}],
            "nothing": 1,
        }
    )
    assert [line.partition(" = ")[0].partition(":")[0] for line in lines] == [
        "mqtt.user",
        "mqtt.keepalive",
        "mqtt.brokr",
        "source[0].topic",
        "source[0].qos",
        "source[1].topic",
        "source[1].time.path",
        "log.level",
        "nothing",
    ]


def test_a_problem_names_the_setting_as_the_user_wrote_it() -> None:
    data = {"http": {"port": "x"}}
    (line,) = problems(data, **{"http.port": "STREAMRNN_HTTP__PORT"})
    assert line == 'STREAMRNN_HTTP__PORT = "x": must be a whole number'


@pytest.mark.parametrize(
    "mqtt",
    [
        {"password": "hunter2"},
        {"passwrod": "hunter2"},
        {"pw": "hunter2"},
        {"api_key": "hunter2"},
        {"auth": {"user": "me", "password": "hunter2"}},
        {"credentials": ["me", "hunter2"]},
        {"broker": "mqtt://me:hunter2@host"},
        {"broker": "mqtt://me:hunter2/@x@host"},
        {"broker": "mqtt://me:hunter2@host:port"},
        {"broker": "me:hunter2@host"},
        {"broker": "http://me:hunter2\n@host"},
        {"brokr": "mqtt://me:hunter2@host"},
        {"user": ["hunter2"]},
        {"password_file": ["hunter2"]},
    ],
)
def test_secrets_are_never_shown(mqtt: dict[str, Any]) -> None:
    lines = problems({"mqtt": mqtt})
    assert lines
    assert not any("hunter2" in line for line in lines)


def test_a_secret_outside_its_section_is_not_shown_either() -> None:
    lines = problems({"password": "hunter2", "http": {"token": "hunter2", "url": "x://hunter2@y"}})
    assert len(lines) == 3
    assert not any("hunter2" in line for line in lines)


def test_a_long_value_is_cut_short() -> None:
    (line,) = problems({"log": {"level": "x" * 5000}})
    assert len(line) < 200


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
NAMES = st.sampled_from(
    [*Config.model_fields, "broker", "topic", "time", "stream", "fields", "port", "level", "x", ""]
)
TABLES = st.dictionaries(NAMES, JSON | st.dictionaries(NAMES, JSON, max_size=3), max_size=4)


@given(TABLES | st.fixed_dictionaries({"source": st.lists(TABLES, max_size=2)}))
def test_whatever_a_file_holds_it_is_accepted_or_explained_in_printable_lines(
    data: dict[str, Any],
) -> None:
    lines, count = [], 0
    try:
        Config.model_validate(data)
    except ValidationError as errors:
        lines, count = describe(errors, {}), errors.error_count()
    assert len(lines) == count
    for line in lines:
        assert ": must " in line or ": unknown " in line
        assert line.isprintable()
