"""Discovery documents: valid by Home Assistant's own models, and true to our states."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2.sandbox import ImmutableSandboxedEnvironment

from streamrnn.config.sections import gateway_name
from streamrnn.detect.topics import GatewayTopics
from streamrnn.ingest import Label
from streamrnn.records import Event, Kind
from streamrnn.service.commands import Verb, parse_command
from streamrnn.service.homeassistant.documents import Describer, Document
from streamrnn.service.sinks import StateTopics
from streamrnn.service.withdrawals import Withdrawals
from tests.service.fleet_snapshots import opened
from tests.service.homeassistant.as_home_assistant import checked
from tests.service.pipeline import TOPICS, FakeLink

NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1)


def describer(gateway: str = "gw") -> Describer:
    return Describer("homeassistant", GatewayTopics("streamrnn", gateway))


def components(document: Document) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(document.payload)["components"]
    return found


def test_a_stream_is_a_device_with_six_entities() -> None:
    device = checked(describer().stream("freezer/temperature", Label("°C", "Room"), buttons=True))
    assert {name: c.platform for name, c in device.components.items()} == {
        "anomaly": "binary_sensor",
        "score": "sensor",
        "expected": "sensor",
        "kind": "sensor",
        "not_an_anomaly": "button",
        "snooze": "button",
    }
    assert (device.device.name, device.device.model) == ("freezer/temperature", "Room")
    assert device.availability_topic == "streamrnn/gw/availability"


def test_streams_hang_below_their_gateway() -> None:
    gateway = checked(describer().gateway())
    stream = checked(describer().stream("freezer", Label(), buttons=True))
    assert gateway.device.identifiers == [stream.device.via_device]


def test_the_gateway_shows_that_it_is_offline_rather_than_unavailable() -> None:
    device = checked(describer().gateway())
    assert device.availability_topic is None
    connection = components(describer().gateway())["connection"]
    assert (connection["state_topic"], connection["payload_off"]) == (
        "streamrnn/gw/availability",
        "offline",
    )


@pytest.mark.parametrize("button", ["not_an_anomaly", "snooze"])
def test_a_button_sends_a_command_that_is_understood(button: str) -> None:
    component = components(describer().stream("a#b", Label(), buttons=True))[button]
    assert component["command_topic"] == TOPICS.command("a#b")
    assert parse_command(component["payload_press"].encode()).verb in Verb


def test_without_commands_the_buttons_are_removed() -> None:
    document = describer().stream("freezer", Label(), buttons=False)
    checked(document)
    assert components(document)["snooze"] == {"p": "button"}
    assert components(document)["not_an_anomaly"] == {"p": "button"}


def test_a_unit_that_is_not_known_is_left_out() -> None:
    assert (
        "unit_of_measurement"
        not in components(describer().stream("x", Label(), buttons=True))["expected"]
    )


@given(NAMES, NAMES, st.builds(Label, st.text(max_size=10), st.text(max_size=10)), st.booleans())
def test_whatever_the_names_the_document_is_valid(
    gateway: str, stream: str, label: Label, buttons: bool
) -> None:
    document = describer(gateway_name(gateway)).stream(stream, label, buttons=buttons)
    assert checked(document).device.name == stream
    assert len(document.topic) < 150


@given(NAMES, NAMES)
def test_two_streams_are_never_one_device(one: str, other: str) -> None:
    topics = {describer().topic(one), describer().topic(other)}
    assert len(topics) == len({one, other})


def test_names_that_look_alike_once_cleaned_are_two_devices() -> None:
    assert describer().topic("a/b") != describer().topic("a b")
    assert describer("hall").topic("x") != describer("barn").topic("x")


def test_a_device_stays_the_same_over_versions() -> None:
    assert describer().topic("freezer/temperature") == (
        "homeassistant/device/streamrnn_gw_freezer_temperature_dfc4996d9c4a6847/config"
    )


class Shown:
    """What Home Assistant shows of a published state, by its own kind of templates."""

    def __init__(self, *events: Event) -> None:
        link = FakeLink()
        states = StateTopics(link, TOPICS, 60.0, 0.0, Withdrawals())
        for event in events:
            states.emit(event)
        self._topic, state, *_ = link.published[-1]
        self._state = json.loads(state)
        self._components = components(describer().stream("freezer", Label(), buttons=True))
        self._templates = ImmutableSandboxedEnvironment()

    def __getitem__(self, entity: str) -> str:
        component = self._components[entity]
        assert component["state_topic"] == self._topic
        return self._render(component["value_template"])

    def attributes(self) -> dict[str, Any]:
        component = self._components["anomaly"]
        assert component["json_attributes_topic"] == self._topic
        found: dict[str, Any] = json.loads(self._render(component["json_attributes_template"]))
        return found

    def _render(self, template: str) -> str:
        return self._templates.from_string(template).render(value_json=self._state)


def test_the_templates_fit_the_state() -> None:
    event = opened("freezer")
    shown = Shown(event)
    assert shown["anomaly"] == "ON"
    assert float(shown["score"]) == event.score
    assert float(shown["expected"]) == event.yhat
    assert shown["kind"] == event.kind
    attributes = shown.attributes()
    assert (attributes["value"], attributes["message"]) == (event.value, event.message)


def test_the_kind_is_one_of_the_options() -> None:
    options = components(describer().stream("x", Label(), buttons=True))["kind"]["options"]
    event = msgspec.structs.replace(opened("freezer"), kind=Kind.OUT_OF_RANGE.name.lower())
    assert Shown(event)["kind"] in options
    assert "none" in options
