"""Places between two steps that must not be torn apart, or must be allowed to be.

The torture campaign hands the daemon a function that kills the process at one of them. Everybody
else hands it `nothing`: one call of an empty function per batch of messages or per checkpoint.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

Failpoint = Callable[[str], object]

APPLIED: Final = "applied"  # state has changed, nothing is written
QUEUED: Final = "queued"  # the batch's alerts are in the outbox, in memory
HELD: Final = "held"  # its messages wait to be acknowledged
CAPTURE: Final = "capture"  # a checkpoint is due
CAPTURED: Final = "captured"  # copies of the state are made
SYNCED: Final = "synced"  # all alerts up to there are on disk
SAVED: Final = "saved"  # the checkpoint is on disk
ACKNOWLEDGED: Final = "acknowledged"  # the network thread has the packet ids
TRAINED: Final = "trained"  # the bank is about to get new weights

ALL: Final = (
    APPLIED, QUEUED, HELD, CAPTURE, CAPTURED, SYNCED, SAVED, ACKNOWLEDGED, TRAINED
)  # fmt: skip


def nothing(name: str) -> None:
    """Nothing happens here."""
