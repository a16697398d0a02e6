"""What is known of the edge nodes, within bounds."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from streamrnn.ingest.refusal import RefusedError
from streamrnn.ingest.sparkplug.birth import Birth, Metric
from streamrnn.ingest.sparkplug.rebirth import NODE_PAUSE_SECONDS
from streamrnn.records import Reason

_NODE_BYTES: Final = 1_000  # what it takes to keep a node or a device, roughly, besides its text
_SEQUENCE_NUMBERS: Final = 256


@dataclass(slots=True)
class Node:
    """One edge node.

    births: of the node itself ("") and of its devices, while they live.
    next_seq: what its next message should carry; None until a birth, and after a death.
    bd_seq: which of its births it was; its death carries the same number.
    asked_at: when it was last asked for a rebirth.
    """

    births: dict[str, Birth] = field(default_factory=dict)
    next_seq: int | None = None
    bd_seq: int | None = None
    asked_at: float | None = None
    used_bytes: int = 0

    @property
    def is_born(self) -> bool:
        return "" in self.births

    def follows(self, seq: int) -> bool:
        """Whether a message is the next one; from now on the one after it is expected."""
        as_expected = seq == self.next_seq
        self.next_seq = (seq + 1) % _SEQUENCE_NUMBERS
        return as_expected

    def may_be_asked(self, at: float) -> bool:
        """Whether the last request for a rebirth is long enough ago."""
        # A clock that was put back must not silence the requests until it has caught up.
        return self.asked_at is None or not 0.0 <= at - self.asked_at < NODE_PAUSE_SECONDS


class StoredNode(NamedTuple):
    """A node in a checkpoint; see `Node`."""

    group: str
    name: str
    next_seq: int | None
    bd_seq: int | None
    asked_at: float | None
    births: dict[str, list[Metric]]


class Nodes:
    """The nodes heard lately, by group and name. When about `capacity_bytes` are in use, the one
    heard longest ago is forgotten; should it speak again, it is asked for a rebirth."""

    def __init__(self, capacity_bytes: int) -> None:
        self.capacity_bytes = capacity_bytes
        self.used_bytes = 0
        self._by_key: OrderedDict[tuple[str, str], Node] = OrderedDict()

    def nodes(self) -> list[Node]:
        """All that are kept, the one heard longest ago first."""
        return list(self._by_key.values())

    def to_state(self) -> list[StoredNode]:
        """All of it, fit for JSON."""
        return [
            StoredNode(
                *key,
                node.next_seq,
                node.bd_seq,
                node.asked_at,
                {device: birth.to_state() for device, birth in node.births.items()},
            )
            for key, node in self._by_key.items()
        ]

    def restore(self, nodes: Iterable[StoredNode]) -> None:
        """Takes up what `to_state` returned. Raises RefusedError where there is no room for it."""
        for stored in nodes:
            node = self.hear((stored.group, stored.name))
            node.next_seq, node.bd_seq = stored.next_seq, stored.bd_seq
            node.asked_at = stored.asked_at
            for device, metrics in stored.births.items():
                self.bear(node, device, Birth.from_state(metrics))

    def hear(self, key: tuple[str, str]) -> Node:
        """The node, new if need be, as the one heard last."""
        node = self._by_key.get(key)
        if node is None:
            node = self._by_key[key] = Node()
            self._use(node, _NODE_BYTES + 2 * (len(key[0]) + len(key[1])))
        else:
            self._by_key.move_to_end(key)
        return node

    def bury(self, node: Node, device: str) -> None:
        """Forget the birth of a device, or, for "", of the node with all of its devices."""
        for name in list(node.births) if device == "" else [device]:
            birth = node.births.pop(name, None)
            if birth is not None:
                self._use(node, -_size(name, birth))

    def bear(self, node: Node, device: str, birth: Birth) -> None:
        """Keep a birth in place of an earlier one; that of a node ends those of its devices.
        Raises RefusedError."""
        self.bury(node, device)
        size = _size(device, birth)
        if node.used_bytes + size > self.capacity_bytes:
            raise RefusedError(
                Reason.TOO_LARGE,
                "the node describes more metrics than there is room for",
            )
        node.births[device] = birth
        self._use(node, size)

    def _use(self, node: Node, count: int) -> None:
        node.used_bytes += count
        self.used_bytes += count
        while self.used_bytes > self.capacity_bytes and len(self._by_key) > 1:
            _, forgotten = self._by_key.popitem(last=False)
            self.used_bytes -= forgotten.used_bytes


def _size(device: str, birth: Birth) -> int:
    return _NODE_BYTES + 2 * len(device) + birth.used_bytes
