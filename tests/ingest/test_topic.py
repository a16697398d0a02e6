from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamrnn.ingest.topic import TopicTemplate, covers, is_under, without_covered
from tests.ingest.naive_topic import matches

LEVELS = ["", "a", "b", "$SYS", "ä"]
topics = st.lists(st.sampled_from(LEVELS), min_size=1, max_size=5).map("/".join)
filters = st.builds(
    lambda levels, end: "/".join([*levels, *end]),
    st.lists(st.sampled_from([*LEVELS, "+"]), max_size=4),
    st.sampled_from([["#"], ["+"], ["a"]]),
)


def as_template(topic_filter: str) -> str:
    """The same filter with its `+` turned into labels."""
    numbers = iter(range(10))
    return re.sub(r"\+", lambda _: f"{{label{next(numbers)}}}", topic_filter)


@given(filters, topics)
def test_a_template_matches_what_the_standard_says(topic_filter: str, topic: str) -> None:
    expected = matches(topic_filter, topic)
    assert (TopicTemplate(topic_filter).match(topic) is not None) == expected
    labelled = TopicTemplate(as_template(topic_filter))
    assert labelled.filter == topic_filter
    assert (labelled.match(topic) is not None) == expected


@given(filters, topics)
def test_labels_are_the_levels_in_their_places(topic_filter: str, topic: str) -> None:
    labels = TopicTemplate(as_template(topic_filter)).match(topic)
    if labels is not None:
        places = [at for at, level in enumerate(topic_filter.split("/")) if level == "+"]
        assert list(labels.values()) == [topic.split("/")[at] for at in places]


@given(filters.filter(lambda text: text[:1] != "$"), filters, topics)
def test_a_covered_filter_matches_nothing_that_the_covering_one_does_not(
    general: str, special: str, topic: str
) -> None:
    if covers(general, special) and matches(special, topic):
        assert matches(general, topic)


@given(st.lists(st.tuples(filters, st.integers(0, 2)), max_size=5), topics)
def test_dropping_covered_filters_loses_no_topic_and_no_quality_of_service(
    entries: list[tuple[str, int]], topic: str
) -> None:
    entries = [entry for entry in entries if not entry[0].startswith("$")]
    wanted = [qos for text, qos in entries if matches(text, topic)]
    kept = [qos for text, qos in without_covered(entries) if matches(text, topic)]
    assert max(kept, default=-1) >= max(wanted, default=-1)
    assert len(kept) <= len(wanted)


@pytest.mark.parametrize(
    ("general", "special", "expected"),
    [
        ("#", "a/+/b", True),
        ("a/#", "a", True),
        ("a/+", "a/b", True),
        ("a/+", "a/#", False),
        ("a/b", "a/+", False),
        ("+/b", "a/+", False),
        ("a", "a/b", False),
    ],
)
def test_one_filter_covers_another(general: str, special: str, expected: bool) -> None:
    assert covers(general, special) is expected


def test_of_equal_filters_the_highest_quality_of_service_stays() -> None:
    assert without_covered([("a/+", 0), ("a/+", 2), ("b", 1)]) == [("a/+", 2), ("b", 1)]


def test_a_topic_lies_under_a_prefix_only_at_a_slash() -> None:
    assert is_under("own", "own")
    assert is_under("own", "own/state")
    assert not is_under("own", "owner/state")
