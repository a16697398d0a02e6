from __future__ import annotations

from collections import Counter

from streamrnn.discover import left_out
from streamrnn.discover.survey import FieldSurvey, TopicSurvey
from streamrnn.records import Reason


def refused(topic: str, reason: Reason, why: str, *fields: str) -> TopicSurvey:
    seen = {path: FieldSurvey("", 2, 1.0, 2.0) for path in fields}
    return TopicSurvey(topic, 3, fields=seen, rejected=Counter({reason: 2}), complaint=why)


def test_topics_with_one_complaint_come_together() -> None:
    (group,) = left_out(
        refused(f"bridge/{number}", Reason.METADATA, "the bridge itself") for number in range(3)
    )
    assert (group.where, group.messages) == ("bridge/0 and 2 more topics", 6)


def test_what_may_be_a_mistake_is_kept_apart_and_comes_first() -> None:
    groups = left_out(
        [
            refused("lamp/set", Reason.METADATA, "a command"),
            refused("plant/log", Reason.NOT_A_NUMBER, "'hello' is no number"),
        ]
    )
    assert [(group.where, group.harmless) for group in groups] == [
        ("plant/log", False),
        ("lamp/set", True),
    ]


def test_of_a_topic_with_readings_only_what_may_be_a_mistake_is_told() -> None:
    assert left_out([refused("a", Reason.METADATA, "a button", "t")]) == []
    (group,) = left_out([refused("a", Reason.NOT_FINITE, "'u' = nan is not finite", "t")])
    assert group.where == "a"


def test_where_nothing_was_left_out_there_is_nothing_to_tell() -> None:
    assert left_out([TopicSurvey("a", 3, fields={"t": FieldSurvey()})]) == []
