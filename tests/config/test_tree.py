"""The settings as a tree of names."""

from __future__ import annotations

from streamrnn.config import Config, SourceConfig, TimeConfig
from streamrnn.config.tree import (
    dotted,
    holds_path,
    names_at,
    probable,
    section_at,
    settings,
)


def test_places_are_written_as_in_the_problems() -> None:
    assert dotted(("source", 0, "time", "path")) == "source[0].time.path"
    assert dotted(("mqtt",)) == "mqtt"
    assert dotted(("mqtt", "a b\n")) == 'mqtt."a b\\n"'
    assert dotted(()) == ""


def test_every_place_leads_to_its_section() -> None:
    assert section_at(()) is Config
    assert section_at(("source", 3)) is SourceConfig
    assert section_at(("source", 0, "time")) is TimeConfig
    assert section_at(("http", "port")) is None
    assert section_at(("nothing", "at", "all")) is None


def test_names_are_those_right_below_a_place() -> None:
    assert names_at(("alerts",))[:2] == ["topic_prefix", "commands"]
    assert names_at(("http", "port")) == []


def test_settings_are_named_by_section_and_the_sources_count_as_one() -> None:
    paths = list(settings())
    assert paths[:2] == ["gateway.name", "mqtt.broker"]
    assert "source" in paths
    assert not any(path.startswith("source.") for path in paths)


def test_settings_that_name_files_are_known() -> None:
    assert {path for path, field in settings().items() if holds_path(field)} == {
        "mqtt.password_file",
        "mqtt.ca_file",
        "mqtt.cert_file",
        "mqtt.key_file",
        "influxdb.password_file",
        "influxdb.token_file",
        "http.token_file",
        "http.cert_file",
        "http.key_file",
        "state.directory",
    }


def test_a_misspelt_name_finds_its_like_and_nonsense_finds_none() -> None:
    assert probable("brokr", ["broker", "user"]) == "broker"
    assert probable("xyz", ["broker", "user"]) is None
