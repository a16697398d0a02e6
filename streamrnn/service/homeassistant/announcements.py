"""What Home Assistant should know, what it was told, and what to tell it next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Final, NamedTuple

from streamrnn.config import HomeAssistantConfig
from streamrnn.ingest import Label
from streamrnn.service.homeassistant.documents import Describer, Document
from streamrnn.service.sinks.selection import Selection

_GATEWAY: Final = ""  # in place of a stream's name


class _Facts(NamedTuple):
    """What goes into a document besides the name."""

    label: Label
    buttons: bool


class Announcements:
    """Works off the difference between wanted and said, a portion at a time. Not thread-safe.

    retained: topics at which an earlier run may have left a document.
    left_out: streams beyond `max_streams`.
    """

    def __init__(
        self, config: HomeAssistantConfig, describer: Describer, retained: Iterable[str]
    ) -> None:
        self.left_out = 0
        self._config = config
        self._selection = Selection(config.streams)
        self._describer = describer
        self._wanted: dict[str, _Facts | None] = {}  # by name; None: not to be described yet
        self._topics: dict[str, str] = {}  # of what is wanted, by name
        self._said: dict[str, _Facts] = {}  # since the start, or since `again`
        self._at_broker = set(retained)

    def want(self, names: Sequence[str], labels: Mapping[str, Label], *, buttons: bool) -> None:
        """Announce these streams and no others.

        labels: of the streams heard since the start. Of others the unit may come yet: what is
        retained of them stands until then.
        """
        chosen = list(filter(self._selection.has, names)) if self._config.enabled else []
        self.left_out = max(0, len(chosen) - self._config.max_streams)
        del chosen[self._config.max_streams :]
        wanted = {s: _Facts(labels[s], buttons) if s in labels else None for s in chosen}
        # First, as the streams refer to it.
        self._wanted = {_GATEWAY: _Facts(Label(), buttons=False), **wanted} if wanted else {}
        known = self._topics
        self._topics = {s: known.get(s) or self._describer.topic(s) for s in self._wanted}
        self._said = {s: facts for s, facts in self._said.items() if s in self._wanted}

    def again(self) -> None:
        """Say everything once more: Home Assistant has started, or the broker may have lost it."""
        self._said.clear()

    def next(self, most: int) -> list[Document]:
        """Up to `most` documents, to be published in this order; [] when all has been said."""
        gone = sorted(self._at_broker.difference(self._topics.values()))[:most]
        self._at_broker.difference_update(gone)
        documents = [Document(topic, b"") for topic in gone]
        unsaid = ((s, f) for s, f in self._wanted.items() if f and f != self._said.get(s))
        for name, facts in list(islice(unsaid, most - len(documents))):
            self._said[name] = facts
            documents.append(self._document(name, facts))
            self._at_broker.add(self._topics[name])
        return documents

    @property
    def retained(self) -> set[str]:
        """Topics at which there is, or soon will be, something of ours."""
        return self._at_broker.union(self._topics.values())

    def _document(self, name: str, facts: _Facts) -> Document:
        if name == _GATEWAY:
            return self._describer.gateway()
        return self._describer.stream(name, facts.label, buttons=facts.buttons)
