"""What one message says, gathered metric by metric."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from streamrnn.ingest.format import Document, Label, Leaves, Record, Request, Scalar
from streamrnn.ingest.refusal import RefusedError, quote
from streamrnn.ingest.sparkplug.address import Address
from streamrnn.records import Reason


class Fields:
    """The values of a message, by the time at which they were taken, and what was refused."""

    def __init__(self) -> None:
        self.refusals: list[RefusedError] = []
        self._by_time: dict[int, Leaves] = {}

    def add(self, name: str, value: Scalar, milliseconds: int) -> None:
        """milliseconds: unix time; 0 where the message has none. Raises RefusedError."""
        leaves = self._by_time.setdefault(milliseconds, {})
        if name in leaves:
            raise RefusedError(Reason.DUPLICATE_KEY, f"{quote(name)} comes twice for one time")
        leaves[name] = value

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing at all to tell."""
        return not self._by_time and not self.refusals

    def document(
        self,
        address: Address,
        labels: Mapping[str, Label],
        requests: Sequence[Request],
        about: str,
    ) -> Document:
        """Earlier values first: a node that was cut off sends what it has kept in any order."""
        return Document(
            records=[
                Record(leaves, milliseconds / 1000.0 if milliseconds else None)
                for milliseconds, leaves in sorted(self._by_time.items())
            ],
            device=address.device or address.node,
            labels=labels,
            about=about,
            requests=requests,
            refusals=self.refusals,
            topic=address.origin,
        )
