"""Topic matching as the MQTT standard words it, level by level: the twin of `ingest.topic`."""

from __future__ import annotations


def matches(topic_filter: str, topic: str) -> bool:
    """MQTT 5, sections 4.7.1 and 4.7.2."""
    if topic[:1] == "$" and topic_filter[:1] in ("+", "#"):
        return False
    return _levels_match(topic_filter.split("/"), topic.split("/"))


def _levels_match(wanted: list[str], levels: list[str]) -> bool:
    if wanted == ["#"]:
        return True  # also with no level left: "a/#" matches "a"
    if not wanted or not levels:
        return wanted == levels
    if wanted[0] not in ("+", levels[0]):
        return False
    return _levels_match(wanted[1:], levels[1:])
