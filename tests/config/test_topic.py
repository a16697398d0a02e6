"""Topic and stream templates: which ones are well formed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamrnn.config.topic import (
    check_stream_template,
    check_topic_prefix,
    check_topic_template,
    topic_labels,
)

PLAIN_LEVELS = st.text(
    st.characters(codec="utf-8", exclude_characters="/+#{}$", exclude_categories=["Cc"]),
    min_size=1,
    max_size=8,
)


@pytest.mark.parametrize(
    "topic",
    ["#", "+", "a", "/a", "a/", "a//b", "a/+/c", "a/#", "+/#", "{a}/{b}", "a/{x_1}/#", "a b/ü"],
)
def test_mqtt_filters_and_labels_that_fill_a_level_are_accepted(topic: str) -> None:
    assert check_topic_template(topic) == topic


@pytest.mark.parametrize(
    ("topic", "rule"),
    [
        ("", "must not be empty"),
        ("$SYS/#", "must not begin with \\$"),
        ("$share/group/a", "must not begin with \\$"),
        ("a\0b", "control characters"),
        ("a\nb", "control characters"),
        ("ü" * 40_000, "at most 65535 bytes"),
        ("a/#/b", "# as the last level only"),
        ("#/", "# as the last level only"),
        ("a/b#", 'not inside "b#"'),
        ("a+/b", 'not inside "a\\+"'),
        ("a/x{b}", 'not as in "x{b}"'),
        ("a/{b}x", "label such as {device} alone"),
        ("a/{}", "label such as {device} alone"),
        ("a/{1b}", "label such as {device} alone"),
        ("a/{b", "label such as {device} alone"),
        ("{field}/a", "must not use {field}"),
        ("a/{topic}", "must not use {topic}"),
        ("{a}/{a}", "must use {a} only once"),
    ],
)
def test_a_malformed_topic_is_refused_with_the_rule_it_breaks(topic: str, rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        check_topic_template(topic)


@given(st.lists(PLAIN_LEVELS, min_size=1, max_size=5))
def test_plain_levels_are_accepted_and_hold_no_labels(levels: list[str]) -> None:
    topic = "/".join(levels)
    assert check_topic_template(topic) == topic
    assert topic_labels(topic) == []


@given(st.text(max_size=20))
def test_any_text_is_either_accepted_unchanged_or_refused_with_a_rule(topic: str) -> None:
    rule = ""
    try:
        accepted = check_topic_template(topic)
    except ValueError as error:
        rule = str(error)
    assert rule.startswith("must ") if rule else accepted == topic


def test_labels_are_listed_in_order() -> None:
    assert topic_labels("plant/{line}/+/{machine}/#") == ["line", "machine"]


def test_a_stream_is_made_of_labels_of_its_topic_and_of_field_and_topic() -> None:
    stream = "{line}-{topic}:{field}"
    assert check_stream_template(stream, "plant/{line}") == stream
    assert check_stream_template("", "plant/{line}") == ""


@pytest.mark.parametrize("stream", ["{lin}/x", "{line", "line}", "{}", "{{line}}", "{line!r}"])
def test_other_braces_in_a_stream_are_refused_naming_the_labels_there_are(stream: str) -> None:
    with pytest.raises(ValueError, match=r"known here: \{line\}, \{field\}, \{topic\}$"):
        check_stream_template(stream, "plant/{line}/#")


@pytest.mark.parametrize("prefix", ["streamrnn", "site/a/streamrnn", "{x}"])
def test_a_prefix_is_one_or_more_plain_levels(prefix: str) -> None:
    assert check_topic_prefix(prefix) == prefix


@pytest.mark.parametrize("prefix", ["", "/a", "a/", "a//b", "a/+", "#", "a b", "$SYS", "a\x7f"])
def test_a_prefix_that_cannot_be_published_under_is_refused(prefix: str) -> None:
    with pytest.raises(ValueError, match=r"^must "):
        check_topic_prefix(prefix)
