"""Sparkplug messages of one node of the plant, and what is read from them."""

from __future__ import annotations

from collections.abc import Sequence

from streamrnn.ingest.format import Document, Scalar
from streamrnn.ingest.refusal import RefusedError
from streamrnn.ingest.sparkplug import SparkplugB
from streamrnn.records import Message, Reason
from tests.ingest.messages import NOON, message
from tests.ingest.sparkplug import by_hand

ROOM = 1_000_000  # bytes
NOON_MS = int(NOON * 1000)


def sparkplug(capacity_bytes: int = ROOM) -> SparkplugB:
    return SparkplugB(capacity_bytes)


def of_node(
    kind: str,
    *metrics: bytes,
    seq: int | None = None,
    node: str = "line",
    at: float = NOON,
    retain: bool = False,
) -> Message:
    content = by_hand.payload(*metrics, seq=seq, at=int(at * 1000))
    return message(f"spBv1.0/plant/{kind}/{node}", content, at=at, retain=retain)


def of_device(
    kind: str, *metrics: bytes, seq: int | None = None, device: str = "press", at: float = NOON
) -> Message:
    content = by_hand.payload(*metrics, seq=seq, at=int(at * 1000))
    return message(f"spBv1.0/plant/{kind}/line/{device}", content, at=at)


def born(*metrics: bytes, bd_seq: int = 0) -> Message:
    return of_node("NBIRTH", by_hand.bd_seq(bd_seq), *metrics, seq=0)


def read(format_: SparkplugB, *messages: Message) -> Document:
    """What the last of the messages says."""
    documents = [format_.read(each) for each in messages]
    return documents[-1]


def values(document: Document) -> dict[str, Scalar]:
    """By name, the latest of each."""
    return {name: value for record in document.records for name, value in record.leaves.items()}


def reasons(document: Document) -> list[Reason]:
    return [refusal.reason for refusal in document.refusals]


def outcome(format_: SparkplugB, each: Message) -> Document | Reason:
    try:
        return format_.read(each)
    except RefusedError as refusal:
        return refusal.reason


def requested(documents: Sequence[Document]) -> list[str]:
    return [request.topic for document in documents for request in document.requests]
