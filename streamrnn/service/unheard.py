"""Says it once when nothing at all has arrived: a topic to which nobody publishes looks just like a
plant at rest."""

from __future__ import annotations

import logging
from typing import Final

log = logging.getLogger("streamrnn.unheard")

PATIENCE_SECONDS: Final = 60.0
_REMEDY: Final = (
    "check the topics of [[source]], or --topic: upper and lower case count, and # and + are the "
    "only wildcards; streamrnn discover shows what the broker has"
)


class Unheard:
    """Until the first message, from the first look on."""

    def __init__(self) -> None:
        self._since: float | None = None
        self._is_over = False

    def look(self, now: float, *, listening: bool, messages: int) -> None:
        """now: seconds. listening: all subscriptions are granted. messages: so far."""
        if self._is_over:
            return
        if not listening:
            self._since = None
        elif self._since is None:
            self._since = now
        self._is_over = messages > 0
        if not self._is_over and self._since is not None and now - self._since >= PATIENCE_SECONDS:
            self._is_over = True
            data = {"seconds": PATIENCE_SECONDS, "remedy": _REMEDY}
            log.warning("nothing_heard", extra={"data": data})
