"""The limits of the HTTP port: how many connections, and for how long each.

Nobody who holds a connection, whatever he does with it, keeps another from being served.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import math
import socket
import time
from collections import deque
from contextlib import suppress
from typing import Any, Final

from uvicorn.protocols.http.h11_impl import H11Protocol

log = logging.getLogger("streamrnn.http")

_NO_DESCRIPTOR: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_PAUSE_SECONDS: Final = 0.1
_SILENCE_SECONDS: Final = 60.0  # between complaints


class Listener(socket.socket):
    """A listening socket that keeps at most `most` of its connections open: a further one ends the
    oldest.

    Refusing the newest instead would let whoever opens so many, and is silent, keep everybody
    out. Counted here, as the event loop tells nobody of a connection before its TLS handshake;
    each is a file descriptor, and without those nothing can be saved.
    """

    def __init__(self, bound: socket.socket, most: int) -> None:
        """Takes over what `bound` listens to."""
        super().__init__(fileno=bound.detach())
        self._most = most
        self._open: deque[socket.socket] = deque()
        self._complained_at = -math.inf

    def accept(self) -> tuple[socket.socket, Any]:
        try:
            connection, address = super().accept()
        except OSError as error:
            if error.errno in _NO_DESCRIPTOR:
                self._wait(error)
            raise
        if len(self._open) >= self._most:
            self._open = deque(c for c in self._open if c.fileno() != -1)
        if len(self._open) >= self._most:
            with suppress(OSError):  # the other end was faster
                self._open.popleft().shutdown(socket.SHUT_RDWR)
        self._open.append(connection)
        return connection, address

    def _wait(self, error: OSError) -> None:
        """As if nobody were there. asyncio would try 64 times, complain each time, and do it all
        again 64 times over in a second: a thousand tracebacks a second on the disk."""
        now = time.monotonic()
        if now - self._complained_at >= _SILENCE_SECONDS:
            self._complained_at = now
            log.error("http_not_accepting", extra={"data": {"reason": error.strerror}})
        time.sleep(_PAUSE_SECONDS)  # who waits to be accepted would wake us at once
        raise BlockingIOError from error


class DeadlineProtocol(H11Protocol):
    """uvicorn's HTTP/1.1 with a time limit on the client's side.

    uvicorn limits only the pause *between* requests. A client that connects and stays silent, that
    sends its request a byte at a time, or that does not read the answer would keep its connection,
    and the places are few. Here waiting for a request and answering one each get
    `timeout_keep_alive` seconds.
    """

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._restart()

    def data_received(self, data: bytes) -> None:
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before:
            self._restart()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._restart()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._cancel()

    def _restart(self) -> None:
        self._cancel()
        self._deadline = self.loop.call_later(self.timeout_keep_alive, self.transport.abort)

    def _cancel(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
