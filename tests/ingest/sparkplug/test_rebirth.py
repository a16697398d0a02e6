from streamrnn.ingest.sparkplug.address import read_address
from streamrnn.ingest.sparkplug.rebirth import rebirth_budget, rebirth_request
from tests.ingest.messages import NOON
from tests.ingest.sparkplug import by_hand

ADDRESS = read_address("spBv1.0/plant/DDATA/line/press")


def test_a_request_is_what_the_specification_says():
    request = rebirth_request(ADDRESS, NOON)
    rebirth = by_hand.metric(
        "Node Control/Rebirth",
        by_hand.boolean_value(True),
        datatype=by_hand.BOOLEAN,
        at=int(NOON * 1000),
    )
    assert request.topic == "spBv1.0/plant/NCMD/line"
    assert request.payload == by_hand.payload(rebirth, at=int(NOON * 1000))


def test_an_arrival_before_1970_makes_no_request_impossible():
    assert rebirth_request(ADDRESS, -5.0).payload


def test_a_hundred_may_be_made_at_once_then_ten_a_second():
    budget = rebirth_budget()
    assert sum(budget.take(NOON) for _ in range(200)) == 100
    assert sum(budget.take(NOON + 2.0) for _ in range(200)) == 20
    assert sum(budget.take(NOON + 3600.0) for _ in range(200)) == 100


def test_a_clock_that_was_put_back_gives_nothing():
    budget = rebirth_budget()
    assert sum(budget.take(NOON) for _ in range(200)) == 100
    assert not budget.take(NOON - 3600.0)
