"""Topics and payloads that nobody foresaw, through ingest and loop: nothing raises, and every
message is answered for, by readings or by a counted reason."""

from __future__ import annotations

import random
from pathlib import Path

from streamrnn.records import Message
from tests.service.pipeline import Pipeline
from tests.torture.figures import Figures

_SEEDS = (
    b"23.4", b"ON", b"true", b"", b"null", b"[]", b"{}", b"-1e5", b"0x1F", b"12,5",
    b'{"temperature": 21.5, "battery": {"voltage": 3.1}, "linkquality": 90}',
    b'{"Time": "2024-01-01T12:00:00", "ENERGY": {"Power": 12, "Total": [1, 2]}}',
    b'[{"bn": "urn:dev:1", "n": "temp", "u": "Cel", "v": 23.1}]',
    b"weather,location=a temperature=82,humidity=71 1465839830100400200",
    b'{"uplink_message": {"decoded_payload": {"t": 1.5}}, "received_at": "2024-01-01T12:00:00Z"}',
    b'{"value": 1, "time": 1700000000}', b"\xa1\x61t\xfb\x40\x35\x80\x00\x00\x00\x00\x00",
    b"\x81\xa1t\xcb@5\x80\x00\x00\x00\x00\x00", b'{"a": 1, "a": 2}', b"[[[[[[[[[[1]]]]]]]]]]",
)  # fmt: skip
_TOPICS = (
    "plant/a", "plant/b/c", "plant/tele/x/SENSOR", "plant/\u0000", "plant/" + "x/" * 60, "plant//",
    "plant/\ud800".encode("utf-8", "replace").decode(), "plant/\u202e\U0001f600", "plant/a\nb",
    "plant/$SYS/x",
)  # fmt: skip
_WORDS = (b"NaN", b"1e999", b"-", b"\x00", b"{", b"}", b'"', b"\xff\xfe", b"\\u0000", b"9" * 400,
          b"null", b",,", b"\xf0\x9f\x98\x80", b" ", b":", b"[" * 50)  # fmt: skip


def run(folder: Path, count: int, seed: int = 0) -> Figures:
    """count: messages."""
    rng = random.Random(seed)
    pipeline = Pipeline()
    loop = pipeline.loop
    silent = 0
    for n in range(count):
        message = Message(
            _mutate_topic(rng), _mutate(rng), 1, rng.random() < 0.02, False, 1 + n % 65_535, 1,
            1_700_000_000.0 + n / 10,
        )  # fmt: skip
        before = accounted(pipeline)
        pipeline.feed(message)
        silent += accounted(pipeline) == before
        assert [m.packet_id for m in pipeline.link.acknowledged] == [message.packet_id], message
        pipeline.link.acknowledged.clear()  # and the events: millions of them have no room
        pipeline.heard.events.clear()
    figures = Figures("fuzz")
    figures["received"] = loop.messages_total
    figures["readings applied"] = loop.readings_total
    figures["counted as left out"] = sum(loop.ingest.rejected.values()) + sum(loop.dropped.values())
    figures["neither"] = silent
    figures["exceptions"] = 0
    assert loop.messages_total == count, figures
    assert silent == 0, figures
    return figures


def accounted(pipeline: Pipeline) -> int:
    loop = pipeline.loop
    return loop.readings_total + sum(loop.ingest.rejected.values()) + sum(loop.dropped.values())


def _mutate(rng: random.Random) -> bytes:
    data = bytearray(rng.choice(_SEEDS))
    for _ in range(rng.choice((0, 1, 1, 2, 5))):
        at = rng.randrange(len(data) + 1)
        match rng.randrange(5):
            case 0:
                data[at:at] = rng.choice(_WORDS)
            case 1:
                del data[at : at + rng.randrange(1, 6)]
            case 2 if data:
                data[at % len(data)] = rng.randrange(256)
            case 3:
                data[at:at] = rng.choice(_SEEDS)
            case _:
                data[at:at] = rng.randbytes(rng.randrange(5))
    return bytes(data)


def _mutate_topic(rng: random.Random) -> str:
    topic = rng.choice(_TOPICS)
    return topic + (f"/{rng.randrange(1000)}" if rng.random() < 0.3 else "")
