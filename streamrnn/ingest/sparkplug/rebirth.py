"""Requests for a rebirth: NCMD "Node Control/Rebirth" = true.

At most one per node and minute, and a hundred at once over all nodes, ten a second in the long run:
a node that cannot obey is not pestered, and nobody makes us flood a broker by inventing nodes.
"""

from __future__ import annotations

from typing import Final

from streamrnn.ingest.budget import Budget
from streamrnn.ingest.format import Request
from streamrnn.ingest.sparkplug.address import Address
from streamrnn.ingest.sparkplug.wire import boolean_command

REBIRTH: Final = "Node Control/Rebirth"
NODE_PAUSE_SECONDS: Final = 60.0
_AT_ONCE: Final = 100.0
_PER_SECOND: Final = 10.0


def rebirth_budget() -> Budget:
    """How many requests may be made, over all nodes."""
    return Budget(_AT_ONCE, _PER_SECOND)


def rebirth_request(address: Address, at: float) -> Request:
    """at: unix seconds, of the message that is the reason."""
    milliseconds = min(max(0, int(at * 1000.0)), 2**64 - 1)
    return Request(address.commands, boolean_command(REBIRTH, milliseconds))
