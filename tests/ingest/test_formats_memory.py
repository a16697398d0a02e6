"""What formats remember is part of a checkpoint: what comes again must be read as before."""

from __future__ import annotations

import json
import pickle
from collections.abc import Sequence

import pytest

from streamrnn.config import LimitsConfig, SourceConfig
from streamrnn.errors import StateError
from streamrnn.ingest import Ingest
from streamrnn.ingest.detection import FORMATS, Formats
from streamrnn.records import Message, Readings
from tests.ingest.formats.test_golden import GOLDEN, as_message, messages_in
from tests.ingest.messages import NOON, message
from tests.ingest.sparkplug.by_hand import DOUBLE, double_value, metric
from tests.ingest.sparkplug.messages import born, of_device, of_node

SOURCES = [SourceConfig(topic="#")]


def restored(formats: Formats) -> Formats:
    return Formats.from_state(json.loads(json.dumps(formats.to_state(), allow_nan=False)))


def read(messages: Sequence[Message], cut: int | None = None) -> list[Readings]:
    """By message. cut: a restart before this one."""
    formats = Formats()
    ingest = Ingest(SOURCES, LimitsConfig(), "streamrnn", formats)
    found = []
    for number, each in enumerate(messages):
        if number == cut:
            formats = restored(formats)
            ingest = Ingest(SOURCES, LimitsConfig(), "streamrnn", formats)
        into = Readings([], [], [])
        ingest.decode(each, into)
        found.append(into)
    return found


def sparkplug() -> list[Message]:
    warm = metric("Temperature", double_value(21.5), alias=7, datatype=DOUBLE, unit="°C")
    later = metric("", double_value(22.5), alias=7)
    return [
        born(warm),
        of_device("DBIRTH", metric("Level", double_value(1.0), alias=8, datatype=DOUBLE), seq=1),
        of_node("NDATA", later, seq=2),
        of_device("DDATA", metric("", double_value(2.0), alias=8), seq=3),
    ]


def lorawan() -> list[Message]:
    """The fourth and the sixth leave out what is zero."""
    messages = []
    for rain in (1, 2, 3, None, 4, None):
        decoded = {"temperature": 20.5} | ({} if rain is None else {"rain": rain})
        uplink = {
            "end_device_ids": {"device_id": "field"},
            "uplink_message": {"f_port": 1, "decoded_payload": decoded},
        }
        messages.append(message("v3/app/devices/field/up", json.dumps(uplink).encode(), at=NOON))
    return messages


COURSES = {file.stem: [as_message(said) for said in messages_in(file)] for file in GOLDEN}
COURSES |= {"sparkplug_b": sparkplug(), "lorawan": lorawan()}


@pytest.mark.parametrize("name", COURSES)
def test_a_restart_at_any_moment_changes_no_reading(name: str) -> None:
    undisturbed = read(COURSES[name])
    for cut in range(1, len(COURSES[name])):
        assert read(COURSES[name], cut) == undisturbed, f"restarted before message {cut}"


def test_the_examples_need_what_is_remembered() -> None:
    for name in ("sparkplug_b", "lorawan"):
        forgetful = [read([each])[0] for each in COURSES[name]]
        assert forgetful != read(COURSES[name])


def test_every_format_that_has_a_memory_gives_it_away() -> None:
    """Whoever learned from all these messages is not as it was."""
    formats = Formats()
    ingest = Ingest(SOURCES, LimitsConfig(), "streamrnn", formats)
    for each in [each for course in COURSES.values() for each in course]:
        ingest.decode(each, Readings([], [], []))
    fresh = Formats().to_state()
    for make in FORMATS:
        name = make().name
        learned = pickle.dumps(formats[name]) != pickle.dumps(make())
        assert learned == (name in fresh), name
        if learned:
            assert formats.to_state()[name] != fresh[name]


def test_topics_whose_format_is_remembered_do_not_pile_up() -> None:
    formats = Formats()
    formats.note_usual("x" * 300, "bare")
    for number in range(20_100):
        formats.note_usual(f"plant/{number}", "bare")
    assert len(formats.usual) == 20_000
    assert "plant/0" not in formats.usual


def test_a_memory_of_another_form_is_refused() -> None:
    with pytest.raises(StateError, match="formats"):
        Formats.from_state({"ttn": "nonsense"})


def test_a_memory_from_before_a_format_had_one_is_taken() -> None:
    assert Formats.from_state({}).to_state() == Formats().to_state()
