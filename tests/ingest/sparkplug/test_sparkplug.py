import pytest

from streamrnn.ingest.format import Label, Sample
from streamrnn.records import Reason
from tests.ingest.messages import NOON, message
from tests.ingest.sparkplug import by_hand
from tests.ingest.sparkplug.by_hand import DOUBLE, INT16, STRING, double_value, int_value, metric
from tests.ingest.sparkplug.messages import (
    NOON_MS,
    born,
    of_device,
    of_node,
    outcome,
    read,
    reasons,
    requested,
    sparkplug,
    values,
)

TEMPERATURE = metric("Temperature", double_value(21.5), alias=7, datatype=DOUBLE, unit="°C")
PRESS = of_device("DBIRTH", TEMPERATURE, seq=1)


def warmer(value, **more):
    return metric("", double_value(value), alias=7, **more)


def test_it_is_known_by_its_topic():
    assert sparkplug().claim(Sample("spBv1.0/plant/NDATA/line", b""))
    assert not sparkplug().claim(Sample("plant/spBv1.0/NDATA/line", b""))
    assert not sparkplug().claim(Sample("spBv1.01/plant", b""))


def test_the_values_of_a_birth_are_readings_with_their_units():
    document = read(sparkplug(), born(TEMPERATURE))
    assert values(document) == {"Temperature": 21.5}
    assert document.labels == {"Temperature": Label(unit="°C")}
    assert document.device == "line"


def test_aliases_are_those_of_the_last_birth():
    known = sparkplug()
    assert values(read(known, born(TEMPERATURE), of_node("NDATA", warmer(22.0), seq=1))) == {
        "Temperature": 22.0
    }
    other = metric("Pressure", double_value(1.0), alias=7, datatype=DOUBLE)
    document = read(known, born(other), of_node("NDATA", warmer(23.0), seq=1))
    assert values(document) == {"Pressure": 23.0}


def test_types_are_learned_from_the_birth():
    current = metric("Current", int_value(0), datatype=INT16)
    minus_two = metric("Current", int_value(2**16 - 2))
    document = read(sparkplug(), born(current), of_node("NDATA", minus_two, seq=1))
    assert values(document) == {"Current": -2}


def test_units_are_remembered_from_the_birth():
    document = read(sparkplug(), born(TEMPERATURE), of_node("NDATA", warmer(22.0), seq=1))
    assert document.labels["Temperature"].unit == "°C"


def test_births_and_data_of_a_device_share_a_topic():
    known = sparkplug()
    documents = [known.read(each) for each in (born(), PRESS, of_device("DDATA", warmer(3), seq=2))]
    assert [each.topic for each in documents] == [
        "spBv1.0/plant/line",
        "spBv1.0/plant/line/press",
        "spBv1.0/plant/line/press",
    ]
    assert documents[-1].device == "press"


def test_two_devices_may_use_the_same_alias():
    oil = metric("Oil", double_value(1.0), alias=7, datatype=DOUBLE)
    known = sparkplug()
    read(known, born(), PRESS, of_device("DBIRTH", oil, seq=2, device="pump"))
    data = of_device("DDATA", warmer(2.0), seq=3, device="pump")
    assert values(read(known, data)) == {"Oil": 2.0}


def test_levers_are_no_measurements():
    rebirth = metric(
        "Node Control/Rebirth", by_hand.boolean_value(False), alias=9, datatype=by_hand.BOOLEAN
    )
    known = sparkplug()
    assert values(read(known, born(rebirth, TEMPERATURE))) == {"Temperature": 21.5}
    pulled = metric("", by_hand.boolean_value(True), alias=9)
    assert values(read(known, of_node("NDATA", pulled, seq=1))) == {}
    assert values(read(sparkplug(), of_node("NDATA", rebirth, seq=1))) == {}


def test_a_metric_has_its_own_time_or_that_of_the_message():
    own = metric("own", double_value(1.0), datatype=DOUBLE, at=NOON_MS - 1500)
    shared = metric("shared", double_value(2.0), datatype=DOUBLE)
    document = read(sparkplug(), of_node("NBIRTH", own, shared))
    assert document.records == [({"own": 1.0}, NOON - 1.5), ({"shared": 2.0}, NOON)]


def test_without_any_time_it_is_left_to_the_arrival():
    payload = by_hand.payload(metric("x", double_value(1.0), datatype=DOUBLE), seq=0)
    (record,) = read(sparkplug(), message("spBv1.0/plant/NBIRTH/line", payload)).records
    assert record.time is None


def test_historical_values_are_readings_in_the_order_of_their_times():
    kept = [
        warmer(value, at=NOON_MS - seconds * 1000) + by_hand.HISTORICAL
        for value, seconds in ((20.0, 10), (22.0, 30), (21.0, 20))
    ]
    document = read(sparkplug(), born(TEMPERATURE), of_node("NDATA", *kept, seq=1))
    assert [record.leaves["Temperature"] for record in document.records] == [22.0, 21.0, 20.0]
    assert [record.time for record in document.records] == [NOON - 30, NOON - 20, NOON - 10]


def test_null_is_no_zero():
    null = metric("", by_hand.NULL, alias=7)
    document = read(sparkplug(), born(TEMPERATURE), of_node("NDATA", null, seq=1))
    assert values(document) == {"Temperature": None}
    assert not document.refusals


def test_what_is_no_number_is_refused_alone():
    others = [
        metric("set", by_hand.DATASET_VALUE, datatype=by_hand.DATASET),
        metric("template", by_hand.TEMPLATE_VALUE, datatype=by_hand.TEMPLATE),
        metric("state", by_hand.string_value("idle"), datatype=STRING),
    ]
    document = read(sparkplug(), born(*others, TEMPERATURE))
    assert values(document) == {"state": "idle", "Temperature": 21.5}
    assert reasons(document) == [Reason.NOT_A_NUMBER, Reason.NOT_A_NUMBER]
    assert "'set'" in document.refusals[0].detail


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        (metric("Temperature", double_value(1.0), alias=8), Reason.DUPLICATE_KEY),
        (metric("Other", double_value(1.0), alias=7), Reason.DUPLICATE_KEY),
        (metric("", double_value(1.0), alias=8), Reason.NOT_DECODABLE),
        (metric(b"\xff", double_value(1.0), alias=8), Reason.NOT_UTF8),
    ],
)
def test_a_birth_that_contradicts_itself_loses_only_that_metric(second, reason):
    document = read(sparkplug(), born(TEMPERATURE, second))
    assert values(document) == {"Temperature": 21.5}
    assert reasons(document) == [reason]


def test_a_metric_with_neither_name_nor_alias_is_refused():
    document = read(sparkplug(), born(), of_node("NDATA", double_value(1.0), seq=1))
    assert reasons(document) == [Reason.NOT_DECODABLE]


def test_the_same_time_twice_is_refused():
    twice = of_node("NDATA", warmer(1.0), warmer(2.0), seq=1)
    document = read(sparkplug(), born(TEMPERATURE), twice)
    assert values(document) == {"Temperature": 1.0}
    assert reasons(document) == [Reason.DUPLICATE_KEY]


def test_an_unknown_node_is_asked_for_its_birth():
    document = read(sparkplug(), of_node("NDATA", warmer(1.0), seq=5))
    assert reasons(document) == [Reason.UNKNOWN_METRIC]
    assert requested([document]) == ["spBv1.0/plant/NCMD/line"]


def test_a_named_float_of_an_unknown_node_is_read_at_once():
    document = read(sparkplug(), of_node("NDATA", metric("x", double_value(4.0)), seq=5))
    assert values(document) == {"x": 4.0}
    assert len(document.requests) == 1


def test_an_unknown_device_is_asked_for_through_its_node():
    document = read(sparkplug(), born(), of_device("DDATA", warmer(1.0), seq=1))
    assert requested([document]) == ["spBv1.0/plant/NCMD/line"]


def test_a_device_is_not_born_before_its_node():
    document = read(sparkplug(), PRESS)
    assert values(document) == {"Temperature": 21.5}
    assert len(document.requests) == 1


def test_an_unknown_alias_asks_for_a_birth():
    unknown = metric("", double_value(1.0), alias=99)
    document = read(sparkplug(), born(TEMPERATURE), of_node("NDATA", warmer(1), unknown, seq=1))
    assert values(document) == {"Temperature": 1}
    assert reasons(document) == [Reason.UNKNOWN_METRIC]
    assert len(document.requests) == 1


def test_an_unbroken_sequence_asks_for_nothing():
    known = sparkplug()
    documents = [known.read(born(TEMPERATURE)), known.read(PRESS)]
    for number in range(2, 600):
        make = of_node if number % 3 else of_device
        documents.append(known.read(make("NDATA" if number % 3 else "DDATA", seq=number % 256)))
    assert requested(documents) == []
    assert not any(each.refusals for each in documents)


def test_a_gap_is_counted_and_asks_for_a_birth_and_its_values_are_taken():
    document = read(sparkplug(), born(TEMPERATURE), of_node("NDATA", warmer(1.0), seq=2))
    assert values(document) == {"Temperature": 1.0}
    assert reasons(document) == [Reason.MISSED]
    assert len(document.requests) == 1


def test_after_a_gap_the_sequence_goes_on_from_there():
    known = sparkplug()
    read(known, born(TEMPERATURE), of_node("NDATA", warmer(1.0), seq=9))
    assert not read(known, of_node("NDATA", warmer(2.0), seq=10)).refusals


def test_a_node_without_sequence_numbers_has_no_gaps():
    document = read(sparkplug(), born(TEMPERATURE), of_node("NDATA", warmer(1.0)))
    assert not document.refusals
    assert not document.requests


def test_a_birth_begins_a_new_sequence():
    known = sparkplug()
    read(known, born(TEMPERATURE), of_node("NDATA", seq=1))
    assert not read(known, born(TEMPERATURE), of_node("NDATA", warmer(1.0), seq=1)).refusals


def test_a_node_is_asked_at_most_once_a_minute():
    known = sparkplug()
    asked = [
        second
        for second in range(150)
        if known.read(of_node("NDATA", warmer(1.0), at=NOON + second)).requests
    ]
    assert asked == [0, 60, 120]


def test_a_clock_that_was_put_back_does_not_silence_the_requests():
    known = sparkplug()
    assert known.read(of_node("NDATA", at=NOON)).requests
    assert known.read(of_node("NDATA", at=NOON - 3600)).requests


def test_invented_nodes_cannot_make_us_flood_the_broker():
    known = sparkplug()
    asked = sum(
        len(known.read(of_node("NDATA", node=f"n{number}", at=NOON)).requests)
        for number in range(1000)
    )
    assert asked == 100


def test_stored_messages_are_no_step_in_the_sequence_and_ask_for_nothing():
    known = sparkplug()
    assert not known.read(of_node("NDATA", warmer(1.0), seq=9, retain=True)).requests
    known.read(born(TEMPERATURE))
    assert not known.read(of_node("NDATA", warmer(1.0), seq=9, retain=True)).refusals
    assert not known.read(of_node("NDATA", warmer(1.0), seq=1)).refusals


def test_a_death_is_counted_and_said():
    document = read(sparkplug(), born(TEMPERATURE), of_node("NDEATH", by_hand.bd_seq(0)))
    assert reasons(document) == [Reason.DEATH]
    assert "'line' has gone" in document.refusals[0].detail
    assert not document.records


def test_after_a_death_the_aliases_are_gone():
    known = sparkplug()
    read(known, born(TEMPERATURE), PRESS, of_node("NDEATH", by_hand.bd_seq(0)))
    assert reasons(read(known, of_node("NDATA", warmer(1.0), seq=2))) == [Reason.UNKNOWN_METRIC]
    assert reasons(read(known, of_device("DDATA", warmer(1.0), seq=3))) == [Reason.UNKNOWN_METRIC]


def test_the_late_death_of_an_earlier_session_changes_nothing():
    known = sparkplug()
    death = read(known, born(TEMPERATURE, bd_seq=1), of_node("NDEATH", by_hand.bd_seq(0)))
    assert reasons(death) == [Reason.DEATH]
    assert "earlier session" in death.refusals[0].detail
    assert values(read(known, of_node("NDATA", warmer(2.0), seq=1))) == {"Temperature": 2.0}


def test_a_device_dies_alone():
    known = sparkplug()
    death = read(known, born(TEMPERATURE), PRESS, of_device("DDEATH", seq=2))
    assert reasons(death) == [Reason.DEATH]
    assert not death.requests
    assert values(read(known, of_node("NDATA", warmer(2.0), seq=3))) == {"Temperature": 2.0}
    assert reasons(read(known, of_device("DDATA", warmer(1.0), seq=4))) == [Reason.UNKNOWN_METRIC]


def test_a_birth_of_the_node_ends_those_of_its_devices():
    known = sparkplug()
    read(known, born(), PRESS, born())
    assert reasons(read(known, of_device("DDATA", warmer(1.0), seq=1))) == [Reason.UNKNOWN_METRIC]


@pytest.mark.parametrize(
    "topic", ["spBv1.0/plant/NCMD/line", "spBv1.0/plant/DCMD/line/press", "spBv1.0/STATE/scada"]
)
def test_commands_and_states_are_not_for_us(topic):
    document = read(sparkplug(), message(topic, b"\xff whatever"))
    assert document.about
    assert not document.records


@pytest.mark.parametrize("payload", [b"\xff", b"23.4", b'{"t": 1}', b"\x12\xff\x01"])
def test_other_payloads_are_refused(payload):
    refused = outcome(sparkplug(), message("spBv1.0/plant/NDATA/line", payload))
    assert refused is Reason.NOT_DECODABLE


def test_a_compressed_payload_is_refused_with_advice():
    compressed = by_hand.text(4, "SPBV1.0_COMPRESSED") + by_hand.text(5, b"\x1f\x8b")
    refused = outcome(sparkplug(), message("spBv1.0/plant/NDATA/line", compressed))
    assert refused is Reason.NOT_DECODABLE


def test_a_unit_that_cannot_be_shown_is_left_out():
    for unit in ("\x00", "m" * 33, "  "):
        x = metric("x", double_value(1.0), datatype=DOUBLE, unit=unit)
        assert not read(sparkplug(), born(x)).labels


def test_broken_properties_cost_only_the_unit():
    x = metric("x", double_value(1.0), by_hand.text(9, b"\xff"), datatype=DOUBLE)
    document = read(sparkplug(), born(x))
    assert values(document)["x"] == 1.0
    assert not document.labels
