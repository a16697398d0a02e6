from __future__ import annotations

import math

from streamrnn.discover.pattern import patterns_of
from streamrnn.discover.survey import FieldSurvey, TopicSurvey


def heard(topic: str, format_: str = "bare", device: str = "", *fields: str) -> TopicSurvey:
    seen = {path: FieldSurvey("", 2, 1.0, 2.0) for path in fields or ("value",)}
    return TopicSurvey(topic, 3, 100.0, 110.0, format_, device, seen)


def templates(*topics: TopicSurvey) -> list[str]:
    return [pattern.template for pattern in patterns_of(topics)]


def test_one_topic_stands_for_itself() -> None:
    assert templates(heard("plant/line/1")) == ["plant/line/1"]


def test_the_level_that_names_the_device_becomes_a_label_even_of_one_topic() -> None:
    topic = heard("tele/tasmota_1/SENSOR", "tasmota", "tasmota_1", "Temperature")
    assert templates(topic) == ["tele/{device}/SENSOR"]


def test_levels_in_which_topics_differ_become_labels() -> None:
    one = heard("s/kitchen/t"), heard("s/hall/t"), heard("s/hall/co2")
    assert templates(*one) == ["s/{device}/{quantity}"]
    two = heard("p/1/a/x", "json", "", "f"), heard("p/2/b/x", "json", "", "f")
    assert templates(*two) == ["p/{device}/{level3}/x"]


def test_a_level_that_differs_on_one_device_does_not_name_it() -> None:
    one_device = (
        heard("e/up", "chirpstack", "cold store"),
        heard("e/status", "chirpstack", "cold store"),
    )
    assert templates(*one_device) == ["e/{level2}"]
    two_devices = heard("e/A4", "theengs", "hall"), heard("e/B5", "theengs", "attic")
    assert templates(*two_devices) == ["e/{device}"]
    crossed = (
        heard("e/up/A", "x", "a"),
        heard("e/status/A", "x", "a"),
        heard("e/up/B", "x", "b"),
        heard("e/status/C", "x", "c"),
    )
    assert templates(*crossed) == ["e/{level2}/{device}"]


def test_other_formats_lengths_and_beginnings_are_other_patterns() -> None:
    assert templates(
        heard("a/1"), heard("a/2", "json"), heard("a/2/x"), heard("b/1"), heard("c")
    ) == ["a/1", "a/2", "a/2/x", "b/1", "c"]


def test_a_topic_that_looks_like_a_template_is_none() -> None:
    assert templates(heard("a/{device}"), heard("$x/y")) == []


def test_a_pattern_sums_up_its_topics_and_tells_quantities_apart() -> None:
    (pattern,) = patterns_of([heard("s/kitchen/t"), heard("s/hall/t"), heard("s/hall/co2")])
    assert pattern.messages == 9
    assert pattern.interval == 5.0
    assert {path: seen.readings for path, seen in pattern.fields.items()} == {"t": 4, "co2": 2}


def test_the_interval_of_a_single_message_is_unknown() -> None:
    topic = heard("a")
    topic.messages = 1
    (pattern,) = patterns_of([topic])
    assert math.isnan(pattern.interval)
