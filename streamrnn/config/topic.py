"""MQTT topic templates, and the stream names made from them: which ones are well formed.

    zigbee2mqtt/{device}        {device} stands for one level, and names it
    plant/+/{line}/#            `+` is any one level, `#` is every level from there on

Matching topics against them is the work of `streamrnn.ingest`.
"""

from __future__ import annotations

import re
from typing import Final

LABELS_OF_EVERY_STREAM: Final = ("field", "topic")

_CONTROL_CHARACTER: Final = re.compile(r"[\x00-\x1f\x7f]")

_LABEL: Final = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_LONGEST_TOPIC_BYTES: Final = 65_535  # MQTT's length field has 16 bits


def topic_labels(topic: str) -> list[str]:
    """The names in braces, in order."""
    return _LABEL.findall(topic)


def check_topic_template(topic: str) -> str:
    """Return the template, or raise ValueError with the rule that it breaks."""
    _check_topic_text(topic)
    levels = topic.split("/")
    if "#" in levels[:-1]:
        raise ValueError("must have # as the last level only")
    for level in levels:
        if level not in ("+", "#") and not _LABEL.fullmatch(level):
            _check_plain_level(level)
    labels = topic_labels(topic)
    for label in labels:
        if label in LABELS_OF_EVERY_STREAM:
            raise ValueError(f"must not use {{{label}}}, which has a meaning of its own in stream")
        if labels.count(label) > 1:
            raise ValueError(f"must use {{{label}}} only once")
    return topic


def check_topic_prefix(prefix: str) -> str:
    """Return a prefix of topics to publish under, or raise ValueError."""
    _check_topic_text(prefix)
    if re.search(r"[+#\s]", prefix):
        raise ValueError("must not contain +, # or spaces")
    if "" in prefix.split("/"):
        raise ValueError("must not begin or end with /, nor contain //")
    return prefix


def check_stream_template(stream: str, topic: str) -> str:
    """Return the stream template, or raise ValueError naming the labels that `topic` offers."""
    known = [*topic_labels(topic), *LABELS_OF_EVERY_STREAM]
    unknown = [label for label in topic_labels(stream) if label not in known]
    if unknown or re.search(r"[{}]", _LABEL.sub("", stream)):
        offered = ", ".join(f"{{{label}}}" for label in known)
        raise ValueError(f"must use braces only for labels known here: {offered}")
    return stream


def _check_topic_text(topic: str) -> None:
    if not topic:
        raise ValueError("must not be empty")
    if _CONTROL_CHARACTER.search(topic):
        raise ValueError("must not contain control characters: brokers refuse them")
    if topic.startswith("$"):
        raise ValueError("must not begin with $: those topics belong to the broker")
    if len(topic.encode()) > _LONGEST_TOPIC_BYTES:
        raise ValueError(f"must be at most {_LONGEST_TOPIC_BYTES} bytes long")


def _check_plain_level(level: str) -> None:
    if "+" in level or "#" in level:
        raise ValueError(f'must have + or # alone between slashes, not inside "{level}"')
    if "{" in level or "}" in level:
        raise ValueError(
            f'must have a label such as {{device}} alone between slashes, not as in "{level}"'
        )
