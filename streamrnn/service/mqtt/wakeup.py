"""Ends the network thread's wait for the socket when another thread has work for it."""

from __future__ import annotations

import os
import weakref


class Wakeup:
    """A file descriptor that becomes readable on `ring` and stays so until `clear`.

    Ringing again before `clear` costs no system call. The descriptor lives as long as the object:
    a thread that rings late must never write into a descriptor that was handed out again.
    """

    def __init__(self) -> None:
        self.fd = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._rung = False
        weakref.finalize(self, os.close, self.fd)

    def ring(self) -> None:
        """From any thread, after the work was put where the network thread finds it."""
        if not self._rung:
            self._rung = True
            os.eventfd_write(self.fd, 1)

    def clear(self) -> None:
        """From the network thread, before it looks for work. Only after `fd` became readable."""
        os.eventfd_read(self.fd)
        # Last: whoever finds it still rung has put his work down before we look for it.
        self._rung = False
