"""Recognises what a broker sends again after a reconnect or a crash although it was applied."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from streamrnn.errors import StateError
from streamrnn.records import Message

RING: Final = 32_768
"""Half of all packet ids: where a broker counts them up, none is met again on its next round. More
are kept only while more wait."""


class Redeliveries:
    """Remembers, by packet id, what was applied last under it: a ring of hashes, stored with the
    state that the messages led to.

    A connection can break between applying a QoS 1 message and the broker's learning of it; the
    broker then sends it again, marked DUP, under the same packet id. DUP alone proves nothing: a
    message can carry it on its first arrival here. In a new session of the broker all packet ids
    begin anew, so nothing of the old one is a sign any more.
    """

    def __init__(self) -> None:
        self._seen: dict[int, int] = {}  # oldest first
        self._session_epoch = 0
        self._keep = RING
        self.total = 0

    def unseen(
        self, messages: Sequence[Message], session_epoch: int, waiting: int = 0
    ) -> list[Message]:
        """The messages without those that were in an earlier call, or earlier in this one.

        session_epoch: with which epoch the broker's present session began; 0: before this process.
        waiting: messages of earlier calls that are not acknowledged: each may come again.
        """
        has_begun = bool(messages) and messages[-1].epoch >= session_epoch
        if has_begun and session_epoch != self._session_epoch:
            self._session_epoch = session_epoch
            self._keep = RING
            self._seen.clear()
        seen = self._seen
        fresh = []
        for message in messages:
            if message.qos:
                packet_id = message.packet_id
                content = zlib.crc32(message.payload, zlib.crc32(message.topic.encode()))
                known = seen.pop(packet_id, None)
                seen[packet_id] = content
                if message.dup and known == content:
                    self.total += 1
                    continue
            fresh.append(message)
        self._keep = max(self._keep, waiting + len(messages))
        for packet_id in list(islice(seen, max(0, len(seen) - self._keep))):
            del seen[packet_id]
        return fresh

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """For a checkpoint."""
        ids = np.fromiter(self._seen.keys(), np.uint16, len(self._seen))
        hashes = np.fromiter(self._seen.values(), np.uint32, len(self._seen))
        return {"redelivery_ids": ids, "redelivery_hashes": hashes}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Redeliveries:
        """Raises StateError when they do not fit."""
        redeliveries = cls()
        try:
            ids, hashes = arrays["redelivery_ids"], arrays["redelivery_hashes"]
            redeliveries._seen = dict(zip(ids.tolist(), hashes.tolist(), strict=True))
            redeliveries._keep = max(RING, len(ids))
        except (KeyError, ValueError) as error:
            raise StateError(f"the stored packet ids are incomplete: {error}") from error
        return redeliveries
