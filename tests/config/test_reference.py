"""The settings files shipped with the project."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamrnn.config import Config, GroupConfig, SourceConfig, WebhookConfig
from streamrnn.config.checks import check_sources
from streamrnn.config.load import load
from streamrnn.config.reference import reference, toml_value
from streamrnn.config.tree import settings

CONFIGS = Path(__file__).parents[2] / "configs"
COMPLETE = CONFIGS / "streamrnn.toml"


def test_the_complete_file_is_the_one_made_from_the_section_classes() -> None:
    assert COMPLETE.read_text() == reference(), (
        "run: python -m streamrnn.config.reference > configs/streamrnn.toml"
    )


def test_the_complete_file_sets_the_defaults_and_one_example_source() -> None:
    assert load(COMPLETE, {}) == Config(source=(SourceConfig(topic="sensors/#"),))


def test_every_setting_is_in_the_complete_file_set_or_behind_a_hash() -> None:
    lines = {line.removeprefix("# ").partition(" = ")[0] for line in reference().splitlines()}
    names = {path.rpartition(".")[2] for path in settings()} - {"group", "source", "webhook"}
    lists = (GroupConfig, SourceConfig, WebhookConfig)
    assert names.union(*(section.model_fields for section in lists)) <= lines


def test_only_settings_without_a_fixed_default_stand_behind_a_hash() -> None:
    written = tomllib.loads(reference())
    absent = {
        path
        for path in settings()
        if "." in path and path.partition(".")[2] not in written[path.partition(".")[0]]
    }
    assert absent == {
        "gateway.name",
        "mqtt.user",
        "mqtt.password_file",
        "mqtt.ca_file",
        "mqtt.cert_file",
        "mqtt.key_file",
        "influxdb.url",
        "influxdb.user",
        "influxdb.password_file",
        "influxdb.token_file",
        "http.token_file",
        "http.cert_file",
        "http.key_file",
        "state.directory",
    }


def test_the_examples_behind_hashes_are_valid_together() -> None:
    text = reference().replace('broker = "mqtt:', 'broker = "mqtts:')
    text = text.replace('"sensors/#"', '"{device}/#"').replace("# [[", "[[")
    data: dict[str, Any] = {}
    section: dict[str, Any] = data
    for line in text.splitlines():
        if line.startswith("["):
            name = line.strip("[]")
            section = {}
            data[name] = [section] if line.startswith("[[") else section
        elif " = " in line and "STREAMRNN" not in line and "url_file" not in line:  # or url
            section |= tomllib.loads(line.removeprefix("# "))
    config = Config.model_validate(data)
    assert config.source[0].stream == "{device}/{field}"
    assert config.gateway.name == "boiler-house"
    assert config.mqtt.key_file == Path("/etc/streamrnn/client.key")
    assert config.webhook[0].token_file == Path("/etc/streamrnn/ntfy-token")


def test_lines_fit_a_terminal() -> None:
    assert max(map(len, reference().splitlines())) <= 100


def test_the_minimal_file_is_short_and_ready_to_run() -> None:
    minimal = CONFIGS / "minimal.toml"
    assert len(minimal.read_text().splitlines()) <= 10
    assert check_sources(load(minimal, {})) == []


SCALARS = (
    st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8", exclude_characters="\x7f"))  # DEL is no TOML
)


NAMES = st.text("abc", min_size=1)


@given(SCALARS | st.lists(SCALARS) | st.dictionaries(NAMES, SCALARS))
def test_values_read_back_as_they_were_written(value: object) -> None:
    assert tomllib.loads(f"x = {toml_value(value)}")["x"] == value


@pytest.mark.parametrize(
    ("value", "text"), [(100_000, "100_000"), (1000, "1000"), (1e15, "1e15"), (0.8, "0.8")]
)
def test_numbers_are_easy_to_read(value: float, text: str) -> None:
    assert toml_value(value) == text
