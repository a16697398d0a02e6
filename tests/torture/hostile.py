"""Brokers that send what no broker should. The link must never be deaf for longer than 30 s:
after each frame comes a good message, on this connection or the next, and it must arrive. Most of
the time is spent waiting, so many links live through this side by side, each with its own broker.
"""

from __future__ import annotations

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

from streamrnn.config import MqttConfig
from streamrnn.service.mqtt import Backoff, MqttLink
from tests.torture.figures import Figures
from tests.torture.scripted_broker import Client, ScriptedBroker, publish, variable_length

_LINKS = 24
_DEAF_SECONDS = 30.0
_GRACE_SECONDS = 0.02  # for a frame to do its harm before the good message


class Tormentor:
    """Sends frame after frame; the link says by what it takes how far it got."""

    def __init__(self, rng: random.Random) -> None:
        self.heard = 0
        """Good messages that arrived, which are numbered from 1."""
        self.latest_frame = b""
        """What came before the good message that is awaited."""
        self._arrived = threading.Condition()
        self._rng = rng
        self._newest = -1  # connection

    def serve(self, client: Client, number: int) -> None:
        self._newest = max(self._newest, number)  # on a busy machine it may have ended meanwhile
        client.subscribed.wait(_DEAF_SECONDS)
        while number == self._newest and client.send(self._good_message()):
            before = self.heard
            with self._arrived:
                if not self._arrived.wait_for(lambda b=before: self.heard > b, _GRACE_SECONDS):
                    continue
            self.latest_frame = hostile_frame(self._rng)
            if not client.send(self.latest_frame):
                return
            if self._rng.random() < 0.05:
                client.hang_up()

    def hear(self, topic: str, payload: bytes) -> bool:
        """Whether it is the good message that is awaited."""
        if topic != "plant/a" or payload != b"%d" % (self.heard + 1):
            return False
        with self._arrived:
            self.heard += 1
            self._arrived.notify_all()
        return True

    def _good_message(self) -> bytes:
        return publish("plant/a", b"%d" % (self.heard + 1))


class _Survived(NamedTuple):
    """What one link lived through. deaf: the longest that it was, in seconds, and after what."""

    connections: int
    rebuilds: int
    deaf: tuple[float, bytes]


def run(folder: Path, count: int, seed: int = 0) -> Figures:
    """count: frames, of all links together."""
    shares = [len(range(link, count, _LINKS)) for link in range(_LINKS)]
    seeds = [f"{seed}/{link}" for link in range(_LINKS)]
    over = threading.Event()
    with ThreadPoolExecutor(_LINKS) as side_by_side:
        try:
            survived = list(side_by_side.map(partial(_torment, over), shares, seeds))
        finally:
            over.set()  # one is deaf, or we are told to end: the others need not go on
    seconds, frame = max(link.deaf for link in survived)
    figures = Figures("hostile frames")
    figures["frames"] = count
    figures["links side by side"] = _LINKS
    figures["connections"] = sum(link.connections for link in survived)
    figures["rebuilt"] = sum(link.rebuilds for link in survived)
    figures["longest deaf, s"] = seconds
    figures["after the frame"] = frame.hex(" ")
    return figures


def _torment(over: threading.Event, count: int, seed: str) -> _Survived:
    """One link, until it has heard a good message, and one after each of so many frames."""
    tormentor = Tormentor(random.Random(seed))
    longest = 0.0, b""
    with ScriptedBroker(tormentor.serve) as broker:
        link = MqttLink(
            MqttConfig(broker=broker.url, keepalive="1s", protocol="5"),
            "gw",
            "streamrnn",
            backoff=Backoff(random.Random(seed), first_seconds=0.001, longest_seconds=0.005),
        )
        link.set_subscriptions([("plant/#", 1)])
        link.start()
        since = time.monotonic()
        while tormentor.heard <= count and not over.is_set():
            for message in link.take(1000, timeout=0.1):
                frame = tormentor.latest_frame
                if tormentor.hear(message.topic, message.payload):
                    longest = max(longest, (time.monotonic() - since, frame))
                    since = time.monotonic()
            assert link.alive
            assert not link.stuck
            assert time.monotonic() - since < _DEAF_SECONDS, (
                f"deaf after {tormentor.heard} frames of {seed}, the last "
                f"{tormentor.latest_frame!r}; connected: {link.connected}, subscribed: "
                f"{link.subscribed}, connections: {broker.connections}, problem: {link.problem}"
            )
        link.stop(0.1)
        return _Survived(broker.connections, link.rebuilds, longest)


def hostile_frame(rng: random.Random) -> bytes:
    frames = _WAITED_OUT if rng.random() < _WAITED_OUT_SHARE else _FRAMES
    return rng.choice(frames)(rng)


def _noise(rng: random.Random) -> bytes:
    return rng.randbytes(rng.randrange(1, 40))


def _random_body(rng: random.Random) -> bytes:
    """Of any packet type, with its length as it should be."""
    body = rng.randbytes(rng.randrange(12))
    return bytes([rng.randrange(256)]) + variable_length(len(body)) + body


def _mutated(rng: random.Random) -> bytes:
    frame = bytearray(publish("plant/a", b"x" * rng.randrange(20), rng.randrange(2)))
    for _ in range(rng.randrange(1, 4)):
        frame[rng.randrange(len(frame))] = rng.randrange(256)
    return bytes(frame)


def _cut_short(rng: random.Random) -> bytes:
    frame = publish("plant/a", b"x" * 20, 7)
    return frame[: rng.randrange(1, len(frame))]


def _claims_too_much(rng: random.Random) -> bytes:
    """A length of up to 256 MB, and hardly anything behind it."""
    return bytes([0x30]) + variable_length(rng.randrange(2**20, 2**28)) + b"\x00\x07plant/a"


def _endless_length(rng: random.Random) -> bytes:
    return b"\x30" + b"\xff" * rng.randrange(5, 9)


def _answer_to_nothing(rng: random.Random) -> bytes:
    """PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK or UNSUBACK for what was never asked."""
    kind = rng.choice((0x40, 0x50, 0x62, 0x70, 0x90, 0xB0))
    return bytes([kind, 4]) + rng.randbytes(4)


def _second_connack(rng: random.Random) -> bytes:
    return bytes([0x20, 3, rng.randrange(3), rng.randrange(256), 0])


def _not_utf8(rng: random.Random) -> bytes:
    topic = rng.randbytes(7)
    return bytes([0x32, 13]) + b"\x00\x07" + topic + b"\x00\x09\x00x"


def _bad_properties(rng: random.Random) -> bytes:
    body = b"\x00\x07plant/a" + bytes([rng.randrange(1, 128)]) + rng.randbytes(6)
    return bytes([0x30]) + variable_length(len(body)) + body


def _disconnect(rng: random.Random) -> bytes:
    return bytes([0xE0, 2, rng.randrange(256), 0])


_FRAMES = (
    _random_body, _mutated, _endless_length, _answer_to_nothing, _second_connack, _not_utf8,
    _bad_properties, _disconnect,
)  # fmt: skip
# Packets without an end, which cost a second of keep-alive each.
_WAITED_OUT = (_noise, _cut_short, _claims_too_much)
_WAITED_OUT_SHARE = 0.01
