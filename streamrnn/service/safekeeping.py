"""When to save, and what may be acknowledged afterwards.

    capture state -> alerts up to there on disk -> state on disk -> acknowledge what led to it

In this order a crash at any moment leaves either state without the readings, which the broker then
sends again, or state with them and the packet ids by which they are recognised.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from streamrnn.service import failpoint
from streamrnn.service.checkpointer import Checkpointer
from streamrnn.service.durability import Durability, Load
from streamrnn.service.failpoint import Failpoint
from streamrnn.service.health import Health
from streamrnn.service.loop import Loop
from streamrnn.service.outbox import AlertOutbox
from streamrnn.service.state import capture

CHECKPOINT, OUTBOX = "checkpoint", "outbox"

_PATIENCE_SECONDS: Final = 3.0  # with the disk, at stop
_SYNC_SECONDS: Final = 30.0  # for alerts to come to the disk before a checkpoint
_RETRY_SECONDS: Final = 10.0  # after a failed checkpoint, or sooner


class Safekeeping:
    """Belongs to the loop's thread. every: seconds between checkpoints."""

    def __init__(
        self,
        loop: Loop,
        outbox: AlertOutbox,
        checkpointer: Checkpointer,
        durability: Durability,
        health: Health,
        *,
        every: float,
        clock: Callable[[], float] = time.monotonic,
        at: Failpoint = failpoint.nothing,
    ) -> None:
        self.checkpointer = checkpointer
        self.durability = durability
        self.outbox = outbox
        self._loop = loop
        self._health = health
        self._every = every
        self._clock = clock
        self._at = at
        self._begun_at = clock()

    def turn(self, now: float) -> None:
        """Called after every batch: in a flood, the broker waits for these acknowledgements."""
        self._collect(self.checkpointer.collect(), now)
        held = self._loop.acknowledgements.held
        if not self.checkpointer.busy and self.durability.is_half_full(held):
            self._save(now)

    def tick(self, now: float, window: int) -> None:
        """Called a few times per second. window: messages that the broker sends ahead of
        acknowledgements."""
        self._collect(self.checkpointer.collect(), now)
        held = self._loop.acknowledgements
        disk_ails = self.checkpointer.ailing or bool(self.outbox.problem)
        self.durability.observe(Load(now, held.total, held.held, window, disk_ails))
        held.mode = self.durability.mode
        self._report()
        if not self.checkpointer.busy and self._is_due(now):
            self._save(now)

    def finish(self) -> None:
        """The last checkpoint, written and acknowledged when this returns, if the disk lets us."""
        give_up_at = time.monotonic() + _PATIENCE_SECONDS
        now = self._clock()
        self._collect(self.checkpointer.wait(_PATIENCE_SECONDS), now)
        if not self.checkpointer.busy:
            self._save(now)
            left = max(0.0, give_up_at - time.monotonic())
            self._collect(self.checkpointer.wait(left), now)

    def _is_due(self, now: float) -> bool:
        waited = now - self._begun_at
        if self.checkpointer.failures:
            return waited >= min(self._every, _RETRY_SECONDS)
        return waited >= self._every or self.durability.wants_checkpoint()

    def _save(self, now: float) -> None:
        """Begin a checkpoint, unless nothing has come since the last that is on disk."""
        self._begun_at = now
        version = self._loop.version
        if version == self.checkpointer.saved_version:
            return
        self._at(failpoint.CAPTURE)
        arrays, facts = capture(self._loop.state)
        self._loop.acknowledgements.checkpoint_begun()
        self._at(failpoint.CAPTURED)
        position = self.outbox.last

        def alerts_first() -> None:
            self.outbox.sync(position, _SYNC_SECONDS)
            self._at(failpoint.SYNCED)

        self.checkpointer.save(arrays, facts, version, before=alerts_first)

    def _collect(self, saved: bool | None, now: float) -> None:
        if saved:
            self._at(failpoint.SAVED)
            self._loop.acknowledgements.checkpoint_saved()
            self.durability.acknowledged(now)
            self._at(failpoint.ACKNOWLEDGED)

    def _report(self) -> None:
        checkpointer, outbox, health = self.checkpointer, self.outbox, self._health
        if checkpointer.failures:
            times = checkpointer.failures
            health.fail(CHECKPOINT, f"{times} in a row have failed: {checkpointer.problem}")
        elif checkpointer.ailing:
            health.fail(CHECKPOINT, "the disk is slow: the checkpoint at hand takes too long")
        else:
            health.ok(CHECKPOINT)
        if outbox.problem:
            health.fail(OUTBOX, outbox.problem)
        else:
            health.ok(OUTBOX)
