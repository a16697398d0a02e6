from datetime import UTC, datetime

from streamrnn.demo.listener import HeardEvent
from streamrnn.demo.news import News
from streamrnn.records import EventType

NEW, UPDATE, END = EventType.NEW, EventType.UPDATE, EventType.END


def told(*events):
    """(type, kind) of those that are news, each heard by itself."""
    news, at = News(), datetime.fromtimestamp(0.0, UTC)
    heard = [HeardEvent(id_, type_, "tank", kind, at, "") for id_, type_, kind in events]
    return [(found.type, found.kind) for event in heard for found in news.among([event])]


def test_a_beginning_and_an_end_are_news_once():
    one = [("a", NEW, "spike"), ("a", NEW, "spike"), ("a", END, "spike"), ("a", END, "spike")]
    assert told(*one) == [(NEW, "spike"), (END, "spike")]
    assert told(*one, ("b", NEW, "spike"))[2:] == [(NEW, "spike")]


def test_an_update_is_news_when_it_names_another_kind():
    found = told(
        ("a", NEW, "unexpected"),
        ("a", UPDATE, "unexpected"),
        ("a", UPDATE, "drift"),
        ("a", UPDATE, "drift"),
    )
    assert found == [(NEW, "unexpected"), (UPDATE, "drift")]


def test_what_comes_late_of_an_anomaly_that_is_over_is_no_news():
    found = told(
        ("a", NEW, "spike"), ("a", END, "spike"), ("a", UPDATE, "drift"), ("a", NEW, "spike")
    )
    assert found == [(NEW, "spike"), (END, "spike")]


def test_an_anomaly_whose_beginning_was_not_heard_is_news():
    assert told(("a", UPDATE, "drift"), ("a", UPDATE, "drift")) == [(UPDATE, "drift")]
