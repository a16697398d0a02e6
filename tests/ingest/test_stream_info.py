from __future__ import annotations

from streamrnn.config import LimitsConfig, SourceConfig
from streamrnn.ingest import StreamInfo
from tests.ingest.messages import decode, ingest_of, message


def test_a_stream_tells_where_it_comes_from_and_what_it_measures() -> None:
    ingest = ingest_of()
    decode(ingest, message("zigbee2mqtt/hall", '{"temperature":21.5}'))
    assert ingest.infos == {
        "zigbee2mqtt/hall/temperature": StreamInfo(
            "zigbee2mqtt/hall", "temperature", "zigbee2mqtt", "hall", "", "°C"
        )
    }


def test_what_a_later_message_leaves_open_stays_known() -> None:
    ingest = ingest_of()
    decode(ingest, message("s", '[{"n":"a","u":"Cel","v":1}]'))
    decode(ingest, message("s", '[{"n":"a","v":2}]'))
    assert ingest.infos["s/a"].unit == "Cel"


def test_a_forgotten_stream_has_no_info() -> None:
    ingest = ingest_of()
    decode(ingest, message("a", "1"))
    ingest.forget("a")
    assert not ingest.infos


def test_foreign_texts_are_cut_and_made_printable() -> None:
    ingest = ingest_of()
    decode(ingest, message("s", '[{"n":"a","u":"C\\n%s","v":1}]' % ("x" * 500)))
    unit = ingest.infos["s/a"].unit
    assert unit.startswith("Cx")
    assert len(unit) < 120


def test_two_places_that_go_into_one_stream_are_told() -> None:
    ingest = ingest_of(SourceConfig(topic="{room}/{device}", stream="{device}/{field}"))
    decode(ingest, message("hall/lamp", '{"power":1}'), message("attic/lamp", '{"power":9}'))
    assert dict(ingest.merged) == {"lamp/power": ("hall/lamp power", "attic/lamp power")}


def test_one_place_in_several_sources_and_messages_is_no_merge() -> None:
    ingest = ingest_of(SourceConfig(topic="a/+"), SourceConfig(topic="#"))
    for _ in range(3):
        decode(ingest, message("a/b", '{"t":1}'), message("a", '{"b":{"t":1}}'))
    assert not ingest.merged


RELAY = [
    message("tele/plug/STATE", '{"POWER":"ON"}'),
    message("stat/plug/RESULT", '{"POWER":"OFF"}'),
    message("stat/plug/POWER", "ON"),
]


def test_what_a_format_has_on_several_topics_is_no_merge() -> None:
    ingest = ingest_of()
    assert {stream for stream, _, _ in decode(ingest, *RELAY, *RELAY)} == {"plug/POWER"}
    assert not ingest.merged


def test_a_stream_of_several_topics_is_forgotten_for_each_of_them() -> None:
    for forgotten in RELAY:
        ingest = ingest_of(limits=LimitsConfig(max_streams=1))
        decode(ingest, *RELAY, *RELAY)
        ingest.forget("plug/POWER")
        (reading,) = decode(ingest, message("other", "1"), forgotten)
        assert reading[0] == "other"
