"""The HTTP port for tests: on a free port of 127.0.0.1, without a daemon behind it."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from streamrnn.config import HttpConfig
from streamrnn.service.fleet import FleetSnapshot
from streamrnn.service.health import Health
from streamrnn.service.http import HttpServer
from streamrnn.service.metrics import metrics_registry
from tests.service.fleet_snapshots import plant

DEADLINE = 30.0


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@contextmanager
def serving(
    read: Callable[[], FleetSnapshot] = plant,
    health: Health | None = None,
    patience_seconds: int = 20,
    trust: ssl.SSLContext | None = None,
    **settings: Any,
) -> Iterator[httpx.Client]:
    """A client for a server with these settings. trust: for a server with TLS."""
    health = health or Health(Clock(), [])
    server = HttpServer(
        HttpConfig(port=0, **settings),
        metrics_registry(read, health),
        health,
        read,
        patience_seconds=patience_seconds,
    )
    _, port = server.start()
    base = f"http://127.0.0.1:{port}" if trust is None else f"https://localhost:{port}"
    try:
        with httpx.Client(base_url=base, timeout=DEADLINE, verify=trust or True) as client:
            yield client
    finally:
        server.stop()


def connection(client: httpx.Client) -> socket.socket:
    """To the server of `client`; to say what no client would."""
    return socket.create_connection(("127.0.0.1", client.base_url.port or 0), timeout=DEADLINE)
