"""Tell systemd how the daemon is: `sd_notify` without a library.

Outside systemd (`$NOTIFY_SOCKET` unset) every call does nothing.
"""

from __future__ import annotations

import logging
import math
import socket
import time
from collections.abc import Callable, Mapping
from typing import Final

log = logging.getLogger(__name__)

_STATUS_SECONDS: Final = 10.0


class Notifier:
    """Sends state lines as datagrams to the service manager.

    address: a path, or `@name` in the abstract namespace; None when nobody listens.
    """

    def __init__(self, address: str | None, watchdog_seconds: float = math.inf) -> None:
        """watchdog_seconds: the silence after which systemd restarts us."""
        self._address = address and ("\0" + address[1:] if address[0] == "@" else address)
        self._every = min(watchdog_seconds / 2, _STATUS_SECONDS)
        self._next = -math.inf

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Notifier:
        watchdog = environ.get("WATCHDOG_USEC", "")
        seconds = int(watchdog) / 1e6 if watchdog.isdecimal() else math.inf
        return cls(environ.get("NOTIFY_SOCKET") or None, seconds)

    def ready(self, status: str) -> None:
        self._send("READY=1", f"STATUS={status}")

    def reloading(self) -> None:
        """The start of a reload; `ready` ends it."""
        self._send("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self, status: str) -> None:
        self._send("STOPPING=1", f"STATUS={status}")

    def alive(self, now: float, status: Callable[[], str]) -> None:
        """Called by the loop on each of its turns: as long as it goes round, systemd hears so.

        now: monotonic seconds. status: asked for one line for `systemctl status` when it is due.
        """
        if self._address and now >= self._next:
            self._next = now + self._every
            self._send("WATCHDOG=1", f"STATUS={status()}")

    def _send(self, *lines: str) -> None:
        if not self._address:
            return
        # A line break in a text would start another assignment.
        datagram = "\n".join(" ".join(line.splitlines()) for line in lines)
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
                channel.setblocking(False)
                channel.sendto(datagram.encode("utf-8", "backslashreplace"), self._address)
        except OSError as error:
            # Detection goes on without a service manager that listens.
            log.warning("notify_failed", extra={"data": {"error": str(error)}})
