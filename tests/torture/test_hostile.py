"""The tormentor itself: were it silent by its own mistake, a link would be called deaf."""

from __future__ import annotations

import random
import socket
from collections.abc import Callable

from tests.torture.hostile import Tormentor
from tests.torture.scripted_broker import Client


class Scripted(Client):
    """Calls `meanwhile` for each message; the daemon leaves after a few."""

    def __init__(self, messages: int, meanwhile: Callable[[], object] = lambda: None) -> None:
        super().__init__(socket.socket())
        self.subscribed.set()
        self.left = messages
        self._meanwhile = meanwhile

    def send(self, data: bytes) -> bool:
        self.left -= 1
        self._meanwhile()
        return self.left > 0


def test_a_connection_that_ended_before_it_was_served_does_not_silence_the_next() -> None:
    tormentor = Tormentor(random.Random(0))
    ended = Scripted(0)
    newest = Scripted(5, meanwhile=lambda: tormentor.serve(ended, 0))
    tormentor.serve(newest, 1)
    assert newest.left == 0


def test_a_connection_is_left_alone_when_the_next_is_served() -> None:
    tormentor = Tormentor(random.Random(0))
    older = Scripted(5, meanwhile=lambda: tormentor.serve(Scripted(1), 1))
    tormentor.serve(older, 0)
    assert older.left == 4
