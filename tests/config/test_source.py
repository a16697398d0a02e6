"""The [[source]] sections."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from streamrnn.config import SourceConfig, TimeConfig


def refusals(**settings: Any) -> dict[tuple[str | int, ...], str]:
    """The place and the rule of every error."""
    with pytest.raises(ValidationError) as caught:
        SourceConfig.model_validate({"topic": "plant/{line}/#", **settings})
    return {error["loc"]: error["msg"] for error in caught.value.errors()}


def test_a_topic_is_all_that_a_source_needs() -> None:
    source = SourceConfig(topic="sensors/#")
    assert (source.qos, source.fields, source.exclude) == (1, (), ())
    assert (source.stream, source.time) == ("", "auto")


@pytest.mark.parametrize("time", ["auto", "arrival"])
def test_time_is_a_word(time: str) -> None:
    assert SourceConfig.model_validate({"topic": "a", "time": time}).time == time


def test_time_is_a_table_that_says_where_to_look() -> None:
    table = {"path": "header.ts", "format": "unix_ms", "zone": "Europe/Vienna"}
    source = SourceConfig.model_validate({"topic": "a", "time": table})
    assert source.time == TimeConfig(path="header.ts", format="unix_ms", zone="Europe/Vienna")


def test_a_time_given_as_an_object_is_taken_as_it_is() -> None:
    time = TimeConfig(path="ts")
    assert (time.format, time.zone) == ("auto", "UTC")
    assert SourceConfig(topic="a", time=time).time is time


@pytest.mark.parametrize("time", ["autp", "", 3, ["auto"], None])
def test_time_of_another_form_is_refused_with_an_example(time: object) -> None:
    assert list(refusals(time=time)) == [("time",)]
    assert 'must be "auto", "arrival" or a table such as' in refusals(time=time)["time",]


def test_errors_inside_the_time_table_have_their_own_place() -> None:
    found = refusals(time={"format": "unix_ns", "zone": "Mars/Base", "pth": "ts"})
    assert set(found) == {("time", name) for name in ("path", "format", "zone", "pth")}
    assert "must be a time zone that this system knows" in found["time", "zone"]


@pytest.mark.parametrize("zone", ["", "../UTC", "/etc/localtime", "Europe", "a\0b"])
def test_a_zone_that_is_no_time_zone_is_refused(zone: str) -> None:
    assert list(refusals(time={"path": "ts", "zone": zone})) == [("time", "zone")]


def test_a_malformed_topic_does_not_hide_other_errors() -> None:
    found = refusals(topic="a/#/b", qos=3, stream="{nothing}")
    assert set(found) == {("topic",), ("qos",)}


def test_a_stream_may_use_only_the_labels_of_its_topic() -> None:
    assert "known here: {line}, {field}, {topic}" in refusals(stream="{machine}")["stream",]


@pytest.mark.parametrize("setting", ["fields", "exclude"])
def test_paths_are_dotted_names(setting: str) -> None:
    paths = ["temperature", "battery.voltage", "temperature:0"]
    source = SourceConfig.model_validate({"topic": "a", setting: paths})
    assert getattr(source, setting) == tuple(paths)
    for path in ("", ".a", "a.", "a..b"):
        assert "must hold dotted paths" in refusals(**{setting: ["ok", path]})[setting,]
    assert list(refusals(**{setting: "temperature"})) == [(setting,)]
    assert list(refusals(**{setting: ["ok", 3]})) == [(setting, 1)]


@pytest.mark.parametrize("qos", [-1, 2, 3, "1", 1.0, True, None])
def test_quality_of_service_is_0_or_1(qos: object) -> None:
    rule = "must be 0 or 1; the daemon recognises what comes twice"
    assert refusals(qos=qos)["qos",] == f"Value error, {rule}"
