"""An MQTT broker inside the demo, reachable from this machine only.

The broker is rumqttd, which comes as a wheel in the package `iotcore` (extra `broker`). It speaks
MQTT 3.1.1, keeps nothing on disk, and runs in a child process that ends with us.
"""

from __future__ import annotations

import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING

from streamrnn.errors import StreamrnnError

if TYPE_CHECKING:
    from iotcore import Broker

HOST = "127.0.0.1"
_ATTEMPTS = 5


class EmbeddedBroker:
    """A running broker on a free port of 127.0.0.1 while the `with` block lasts.

    Entering raises StreamrnnError if `iotcore` is not installed or the broker does not come up.
    """

    def __init__(self) -> None:
        self._broker: Broker | None = None
        self._port = 0

    @property
    def port(self) -> int:
        return self._port

    @property
    def url(self) -> str:
        return f"mqtt://{HOST}:{self._port}"

    @property
    def is_running(self) -> bool:
        return self._broker is not None and self._broker.is_running

    def __enter__(self) -> EmbeddedBroker:
        try:
            # Lazy: an optional extra, with 14 MB of Rust behind it.
            from iotcore import Broker
        except ImportError as error:
            raise StreamrnnError(
                "the embedded broker needs the package iotcore: "
                f"{sys.executable} -m pip install 'streamrnn[broker]'"
            ) from error
        for attempt in range(1, _ATTEMPTS + 1):
            port = free_port()
            broker = Broker(port=port, listen=HOST)
            try:
                with _deaf_to_the_terminal():
                    broker.start()
            except (OSError, RuntimeError) as error:
                # Somebody else may have taken the port since we found it free.
                if attempt == _ATTEMPTS:
                    raise StreamrnnError(
                        f"the embedded broker does not start on {HOST}:{port}: {error}"
                    ) from error
            else:
                self._broker, self._port = broker, port
                break
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._broker is not None:
            self._broker.stop()
            self._broker = None


def free_port() -> int:
    """A TCP port of 127.0.0.1 that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def _deaf_to_the_terminal() -> Iterator[None]:
    """Children started meanwhile ignore Ctrl-C and a closed terminal.

    Both reach every process of the terminal; the broker must outlive the daemon's orderly stop.
    A child inherits the signals blocked by the thread that started it.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
