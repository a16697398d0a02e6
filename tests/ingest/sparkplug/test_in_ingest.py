"""Sparkplug B as one of the formats of `Ingest`."""

from streamrnn.config import SourceConfig
from streamrnn.records import Reason
from tests.ingest.messages import NOON, decode, ingest_of
from tests.ingest.sparkplug import by_hand
from tests.ingest.sparkplug.by_hand import DOUBLE, INT32, double_value, int_value, metric
from tests.ingest.sparkplug.messages import NOON_MS, born, of_device, of_node

TEMPERATURE = metric("Oil/Temperature", double_value(40.0), alias=1, datatype=DOUBLE, unit="°C")
NODE = born(metric("Node Control/Rebirth", by_hand.boolean_value(False), datatype=by_hand.BOOLEAN))
PRESS = of_device("DBIRTH", TEMPERATURE, seq=1)
WARMER = of_device("DDATA", metric("", double_value(41.0), alias=1, at=NOON_MS + 500), seq=2)
STREAM = "spBv1.0/plant/line/press/Oil/Temperature"


def test_births_and_data_feed_one_stream():
    assert decode(ingest_of(), NODE, PRESS, WARMER) == [
        (STREAM, 40.0, NOON),
        (STREAM, 41.0, NOON + 0.5),
    ]


def test_the_birth_of_a_node_without_measurements_is_as_it_should_be():
    ingest = ingest_of()
    assert decode(ingest, NODE) == []
    assert ingest.rejected == {Reason.METADATA: 1}


def test_a_stream_may_be_named_after_the_levels_of_the_topic():
    source = SourceConfig(
        topic="spBv1.0/{group}/+/{node}/{device}", stream="{node}.{device}:{field}"
    )
    streams = {stream for stream, _, _ in decode(ingest_of(source), PRESS, WARMER)}
    assert streams == {"line.press:Oil/Temperature"}


def test_the_format_may_be_fixed():
    source = SourceConfig(topic="#", format="sparkplug_b")
    assert len(decode(ingest_of(source), NODE, PRESS, WARMER)) == 2


def test_the_unit_is_known_of_the_stream():
    ingest = ingest_of()
    decode(ingest, NODE, PRESS)
    info = ingest.infos[STREAM]
    assert (info.format, info.device, info.unit) == ("sparkplug_b", "press", "°C")


def test_several_times_of_one_metric_in_one_message_are_several_readings():
    flushed = [
        metric("", double_value(float(second)), alias=1, at=NOON_MS - second * 1000)
        + by_hand.HISTORICAL
        for second in (1, 3, 2)
    ]
    ingest = ingest_of()
    decode(ingest, NODE, PRESS)
    data = of_device("DDATA", *flushed, seq=2)
    assert [(value, time) for _, value, time in decode(ingest, data)] == [
        (3.0, NOON - 3),
        (2.0, NOON - 2),
        (1.0, NOON - 1),
    ]


def test_a_request_for_a_rebirth_waits_to_be_published():
    ingest = ingest_of()
    decode(ingest, WARMER)
    assert [request.topic for request in ingest.requests] == ["spBv1.0/plant/NCMD/line"]


def test_requests_can_be_switched_off():
    ingest = ingest_of(SourceConfig(topic="spBv1.0/#", rebirths=False))
    decode(ingest, WARMER)
    assert not ingest.requests


def test_explaining_a_message_teaches_nothing():
    ingest = ingest_of()
    ingest.explain(NODE)
    ingest.explain(PRESS)
    explanation = ingest.explain(WARMER)
    assert [reject.reason for reject in explanation.rejects] == [Reason.UNKNOWN_METRIC]
    assert not ingest.requests


def test_a_message_with_readings_may_have_refusals_too():
    broken = metric("Count", int_value(5), datatype=INT32)
    table = metric("Table", by_hand.DATASET_VALUE, datatype=by_hand.DATASET)
    ingest = ingest_of()
    assert len(decode(ingest, of_node("NBIRTH", broken, table, seq=0))) == 1
    assert [reject.reason for reject in ingest.last_rejects] == [Reason.NOT_A_NUMBER]


def test_commands_are_counted_and_not_complained_about():
    ingest = ingest_of()
    decode(ingest, of_node("NCMD"))
    assert ingest.rejected == {Reason.METADATA: 1}
