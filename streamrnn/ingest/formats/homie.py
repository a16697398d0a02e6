"""Homie 4 and 5: bare values on `homie/<device>/<node>/<property>`, described beside them.

    Homie 4    attributes on topics of their own: .../<property>/$name, $unit, $datatype
    Homie 5    homie/5/<device>/$description: one JSON object for the whole device

Descriptions are stored by the broker, which sends them when we subscribe; then they are of use even
though stored values are not. Without them, values are read all the same, with no unit.

https://homieiot.github.io/specification/
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from streamrnn.ingest.format import Document, Label, Sample
from streamrnn.ingest.formats.bare import bare_document
from streamrnn.ingest.formats.plain_json import parse_json
from streamrnn.records import Message

_BASE: Final = "homie"
# What describes, rather than measures, and is stored by the broker.
DESCRIPTIONS: Final = (
    f"{_BASE}/5/+/$description",
    f"{_BASE}/+/$name",
    f"{_BASE}/+/+/+/$name",
    f"{_BASE}/+/+/+/$unit",
)
_KEPT: Final = 20_000  # properties and devices


class Homie:
    """Remembers the names and units of properties, and the names of devices."""

    name = "homie"
    parse = None

    def __init__(self) -> None:
        self._labels: dict[str, Label] = {}  # by topic of a property, or of a device

    def to_state(self) -> Any:
        """What was learned, fit for JSON."""
        return self._labels

    def restore(self, state: Any) -> None:
        """Takes up what `to_state` returned. Raises ValueError for anything else."""
        self._labels = msgspec.convert(state, dict[str, Label])

    def claim(self, sample: Sample) -> str:
        return f"the topic lies under {_BASE}/" if sample.levels[0] == _BASE else ""

    def read(self, message: Message) -> Document:
        topic, slash, attribute = message.topic.partition("/$")
        if slash:
            self._learn(topic, attribute, message.payload)
            return Document(about=f"the attribute ${attribute}"[:80])
        if topic.endswith("/set"):
            return Document(about="a command to a device")
        device = "/".join(topic.split("/")[:-2])
        called = self._labels.get(device, Label()).name or device.rpartition("/")[2]
        label = self._labels.get(topic)
        return bare_document(message.payload, device=called, label=label, words=True)

    def _learn(self, topic: str, attribute: str, payload: bytes) -> None:
        """Raises RefusedError."""
        if attribute == "description" and payload:
            for where, label in _described(topic, parse_json(payload)):
                self._keep(where, label)
            return
        if attribute in ("name", "unit"):
            text = payload.decode(errors="replace")
            known = self._labels.get(topic, Label())
            self._keep(topic, known._replace(**{attribute: text}))

    def _keep(self, topic: str, label: Label) -> None:
        self._labels.pop(topic, None)
        self._labels[topic] = label
        if len(self._labels) > _KEPT:
            del self._labels[next(iter(self._labels))]  # the one not described for longest


def _described(device: str, description: Any) -> Iterator[tuple[str, Label]]:
    """(topic, label) of a device and all of its properties, by Homie 5."""
    if not isinstance(description, dict):
        return
    yield device, Label(name=_text(description, "name"))
    for node, node_said in _items(description, "nodes"):
        for key, said in _items(node_said, "properties"):
            label = Label(unit=_text(said, "unit"), name=_text(said, "name"))
            yield f"{device}/{node}/{key}", label


def _items(node: Any, key: str) -> list[tuple[str, Any]]:
    inner = node.get(key) if isinstance(node, dict) else None
    return list(inner.items()) if isinstance(inner, dict) else []


def _text(node: Any, key: str) -> str:
    value = node.get(key) if isinstance(node, dict) else None
    return value if isinstance(value, str) else ""
