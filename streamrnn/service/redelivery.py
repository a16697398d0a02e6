"""Recognises what a broker sends again after a reconnect although it was applied."""

from __future__ import annotations

from collections.abc import Sequence

from streamrnn.records import Message


class Redeliveries:
    """Remembers, by packet id, what was taken last under it: at most 65,535 hashes.

    A connection can break between applying a QoS 1 message and the broker's learning of it; the
    broker then sends it again, marked DUP, under the same packet id. DUP alone proves nothing: a
    message can carry it on its first arrival here. In a new session of the broker all packet ids
    begin anew, so nothing of the old one is a sign any more.
    """

    def __init__(self) -> None:
        self._seen: dict[int, int] = {}
        self._session_epoch = 0
        self.total = 0

    def unseen(self, messages: Sequence[Message], session_epoch: int) -> list[Message]:
        """The messages without those that were in an earlier call, or earlier in this one.

        session_epoch: with which epoch the broker's present session began.
        """
        has_begun = bool(messages) and messages[-1].epoch >= session_epoch
        if has_begun and session_epoch != self._session_epoch:
            self._session_epoch = session_epoch
            self._seen.clear()
        seen = self._seen
        fresh = []
        for message in messages:
            if message.qos:
                content = hash((message.topic, message.payload))
                if message.dup and seen.get(message.packet_id) == content:
                    self.total += 1
                    continue
                seen[message.packet_id] = content
            fresh.append(message)
        return fresh
