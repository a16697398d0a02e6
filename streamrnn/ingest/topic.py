"""Topic templates: which topics belong to a source, and what their levels are called.

    zigbee2mqtt/{device}    {device} is any one level, and a label
    plant/+/{line}/#        `+` is any one level, `#` all levels from there on, or none

The rules are those of MQTT 5, section 4.7. `streamrnn.config` has checked the templates.
"""

from __future__ import annotations

from collections.abc import Iterable


class TopicTemplate:
    """One template, ready to match. `filter` is what to subscribe to."""

    def __init__(self, template: str) -> None:
        levels = template.split("/")
        self._labels = {
            position: level[1:-1] for position, level in enumerate(levels) if level.startswith("{")
        }
        self._open_ended = levels[-1] == "#"
        self._levels = [
            "+" if position in self._labels else level for position, level in enumerate(levels)
        ]
        self.filter = "/".join(self._levels)
        if self._open_ended:
            self._levels.pop()

    def match(self, topic: str) -> dict[str, str] | None:
        """The labels of a topic that matches, else None."""
        levels = topic.split("/")
        expected = self._levels
        if len(levels) < len(expected) or (len(levels) > len(expected) and not self._open_ended):
            return None
        if topic.startswith("$") and (not expected or expected[0] == "+"):
            return None  # $SYS and the like: no wildcard reaches them
        for level, wanted in zip(levels, expected, strict=False):
            if wanted not in ("+", level):
                return None
        return {label: levels[position] for position, label in self._labels.items()}


def is_under(prefix: str, topic: str) -> bool:
    """Whether a topic, or topic filter, is `prefix` or lies below it."""
    return topic == prefix or topic.startswith(f"{prefix}/")


def covers(general: str, special: str) -> bool:
    """Whether every topic that the filter `special` matches is matched by `general` as well.

    Only for filters that do not begin with $.
    """
    wanted, given = general.split("/"), special.split("/")
    for position, level in enumerate(wanted):
        if level == "#":
            return True
        if position >= len(given) or given[position] == "#":
            return False
        if level not in ("+", given[position]):
            return False
    return len(wanted) == len(given)


def without_covered(filters: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    """Drop each (filter, QoS) that another one covers; the one that stays gets the highest QoS.

    A broker may deliver a message once for *each* subscription that matches it.
    """
    highest: dict[str, int] = {}
    for topic_filter, qos in filters:
        highest[topic_filter] = max(qos, highest.get(topic_filter, 0))
    return [
        (mine, max(qos for other, qos in highest.items() if covers(mine, other)))
        for mine in highest
        if not any(covers(other, mine) for other in highest if other != mine)
    ]
