"""Requests for a rebirth: NCMD "Node Control/Rebirth" = true.

At most one per node and minute, and a hundred at once over all nodes, ten a second in the long run:
a node that cannot obey is not pestered, and nobody makes us flood a broker by inventing nodes.
"""

from __future__ import annotations

from typing import Final

from streamrnn.ingest.format import Request
from streamrnn.ingest.sparkplug.address import Address
from streamrnn.ingest.sparkplug.wire import boolean_command

REBIRTH: Final = "Node Control/Rebirth"
NODE_PAUSE_SECONDS: Final = 60.0
_BURST: Final = 100.0
_PER_SECOND: Final = 10.0


class RebirthBudget:
    """How many requests may be made, over all nodes. Its clock is the arrival of the messages."""

    def __init__(self) -> None:
        self._tokens = _BURST
        self._refilled_at: float | None = None

    def take(self, at: float) -> bool:
        """Whether a request may be made now; if so, it counts as made."""
        if self._refilled_at is not None:
            # A clock that was put back gives nothing, and takes nothing away.
            elapsed = max(0.0, at - self._refilled_at)
            self._tokens = min(_BURST, self._tokens + elapsed * _PER_SECOND)
        self._refilled_at = at
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True


def rebirth_request(address: Address, at: float) -> Request:
    """at: unix seconds, of the message that is the reason."""
    milliseconds = min(max(0, int(at * 1000.0)), 2**64 - 1)
    return Request(address.commands, boolean_command(REBIRTH, milliseconds))
