"""The settings file that `discover` writes: what was heard, as comments beside what takes it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, Final

from streamrnn.config import MqttConfig
from streamrnn.config.duration import format_duration
from streamrnn.config.reference import toml_value
from streamrnn.config.topic import topic_labels
from streamrnn.discover.left_out import LeftOut, left_out
from streamrnn.discover.pattern import Pattern, is_templatable
from streamrnn.discover.survey import FieldSurvey, Survey

# Of these, any other message of the topic may be; the others are what they are by their topics.
_FOUND_PER_MESSAGE: Final = frozenset(("bare", "json", "csv"))
_LINES_LEFT_OUT: Final = 30
_FIELDS_SHOWN: Final = 20


def settings_file(
    survey: Survey, patterns: Sequence[Pattern], mqtt: MqttConfig, seconds: float
) -> str:
    """The text of a settings file that makes of the messages heard the streams shown."""
    lasted = format_duration(round(seconds))
    lines = [
        f"# Written by streamrnn discover: {len(survey.streams)} streams heard in {lasted}.",
        "# Check it with: streamrnn check-config -c FILE    What is possible: docs/payloads.md",
        "",
        "[mqtt]",
    ]
    said = mqtt.model_dump(mode="json", exclude_defaults=True) | {"broker": mqtt.broker}
    lines += [f"{key} = {toml_value(value)}" for key, value in said.items()]
    for pattern in patterns:
        lines += ["", *_source(pattern, patterns)]
    lines += _left_out(survey)
    return "\n".join(lines) + "\n"


def _source(pattern: Pattern, patterns: Sequence[Pattern]) -> Iterator[str]:
    topics = len(pattern.topics)
    every = "" if math.isnan(pattern.interval) else f", one every {shown_interval(pattern)}"
    yield _comment(
        f"{pattern.messages} messages on {topics} topic{'s'[: topics != 1]}{every}: "
        f"{pattern.format}"
    )
    for path, seen in list(pattern.fields.items())[:_FIELDS_SHOWN]:
        yield _comment(f"  {path}: {shown_range(seen)}")
    if len(pattern.fields) > _FIELDS_SHOWN:
        yield _comment(f"  and {len(pattern.fields) - _FIELDS_SHOWN} more fields")
    yield "[[source]]"
    yield f"topic = {toml_value(pattern.template)}"
    if pattern.format not in _FOUND_PER_MESSAGE and _has_it_alone(pattern, patterns):
        yield f"format = {toml_value(pattern.format)}"
    is_several = any(topic.fields.keys() != {"value"} for topic in pattern.topics)
    if is_several:
        paths: Any = list(pattern.fields)[:_FIELDS_SHOWN]
        yield f"# fields = {toml_value(paths)}    # only these; without it, all"
        yield f"# exclude = {toml_value(paths[-1:])}"
    labels = topic_labels(pattern.template)  # without one of them, streams would come together
    quantity = "{field}" if is_several else "{quantity}"
    if sorted(labels) == (["device"] if is_several else ["device", "quantity"]):
        yield f'# stream = "{{device}}/{quantity}"    # shorter names'


def _has_it_alone(pattern: Pattern, patterns: Sequence[Pattern]) -> bool:
    """Whether nothing of another format is to be expected on topics of this template.

    One that begins with a label may take what was never heard.
    """
    return not pattern.template.startswith("{") and not any(
        other.template == pattern.template and other.format != pattern.format for other in patterns
    )


def _left_out(survey: Survey) -> Iterator[str]:
    topics = survey.topics.values()
    strange = [each.topic for each in topics if each.fields and not is_templatable(each.topic)]
    lines = [f"{topic}: no [[source]] can have such a topic" for topic in strange]
    lines += [shown_left_out(group) for group in left_out(topics)]
    if lines:
        yield ""
        yield "# Not used:"
    for line in lines[:_LINES_LEFT_OUT]:
        yield _comment(f"  {line}")
    if len(lines) > _LINES_LEFT_OUT:
        yield _comment(f"  and {len(lines) - _LINES_LEFT_OUT} more")


def shown_left_out(group: LeftOut) -> str:
    """Where, how often and why."""
    count = f"{group.messages} message{'s'[: group.messages != 1]}"
    return f"{group.where} ({count}): {group.why}"


def shown_range(seen: FieldSurvey) -> str:
    low, high = f"{seen.lowest:.6g}", f"{seen.highest:.6g}"
    unit = f" {seen.unit}" if seen.unit else ""
    return f"{low}{unit}" if low == high else f"{low} to {high}{unit}"


def shown_interval(pattern: Pattern) -> str:
    seconds = pattern.interval
    if math.isnan(seconds):
        return "-"
    return format_duration(round(seconds) if seconds >= 10.0 else round(seconds, 1))


def _comment(text: str) -> str:
    """One line, whatever a topic or a field is called."""
    return "# " + "".join(each if each.isprintable() else "?" for each in text)
