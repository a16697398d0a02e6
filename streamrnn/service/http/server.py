"""Socket and thread around uvicorn."""

from __future__ import annotations

import errno
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import uvicorn
from prometheus_client import CollectorRegistry

from streamrnn.config import HttpConfig
from streamrnn.errors import ConfigError
from streamrnn.service.fleet import FleetSnapshot
from streamrnn.service.health import Health
from streamrnn.service.http.access import guarded, tls_context, warn_of_exposure
from streamrnn.service.http.connections import DeadlineProtocol, Listener
from streamrnn.service.http.routes import http_app
from streamrnn.service.trail import EVERY_SECONDS, Trail

MAX_CONNECTIONS: Final = 64
_MAX_HEADER_BYTES: Final = 16_384
_STOP_SECONDS: Final = 3


class HttpServer:
    """Serves from its own thread between `start` and `stop`.

    fleet: the state of all streams; called from worker threads, may wait about a second.
    patience_seconds: a connection that takes longer over a request, or over asking, is cut.
    """

    def __init__(
        self,
        config: HttpConfig,
        registry: CollectorRegistry,
        health: Health,
        fleet: Callable[[], FleetSnapshot],
        *,
        patience_seconds: int = 20,
    ) -> None:
        self._config = config
        self._thread: threading.Thread | None = None
        self._patience_seconds = patience_seconds
        # Two: whoever scrapes in parallel must not take the interpreter from the detector.
        self._workers = ThreadPoolExecutor(2, thread_name_prefix="http-worker")
        self._trail = Trail()
        self._fleet = fleet
        self._app = http_app(registry, health, fleet, self._trail, self._workers)
        self._stopped = threading.Event()
        self._server: uvicorn.Server | None = None

    def start(self) -> tuple[str, int]:
        """Listen and serve; returns the address and port in use.

        Raises ConfigError when the address cannot be had, or a file cannot be used.
        """
        config = self._config
        self._server = uvicorn.Server(self._uvicorn_config())
        listener = Listener(_listen(config.host, config.port), MAX_CONNECTIONS)
        host, port = listener.getsockname()[:2]
        warn_of_exposure(config)
        self._thread = threading.Thread(
            target=self._server.run, args=([listener],), name="http", daemon=True
        )
        self._thread.start()
        threading.Thread(target=self._keep_trail, name="http-trail", daemon=True).start()
        return host, port

    def stop(self) -> None:
        """Finish the requests under way, for a few seconds at most, and free the port.

        Harmless when `start` was not called or failed.
        """
        self._stopped.set()
        if self._server is not None:
            self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(2 * _STOP_SECONDS)
        self._workers.shutdown(wait=False, cancel_futures=True)

    def _keep_trail(self) -> None:
        """So that whoever opens the page sees what was before."""
        while not self._stopped.wait(EVERY_SECONDS):
            self._trail.note(self._fleet())

    def _uvicorn_config(self) -> uvicorn.Config:
        config = uvicorn.Config(
            guarded(self._app, self._config),
            loop="asyncio",  # another would not ask `Listener` for its connections
            http=DeadlineProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            h11_max_incomplete_event_size=_MAX_HEADER_BYTES,
            # So many are accepted at a time. Those that `Listener` has ended, and requests whose
            # client is gone, count for two more turns of the event loop, and must not turn others
            # away.
            backlog=MAX_CONNECTIONS,
            limit_concurrency=4 * MAX_CONNECTIONS,
            timeout_keep_alive=self._patience_seconds,
            timeout_graceful_shutdown=_STOP_SECONDS,
        )
        config.load()
        config.ssl = tls_context(self._config)
        return config


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.create_server(address[:2], family=family, backlog=MAX_CONNECTIONS)
    except OSError as error:
        raise ConfigError([_listen_problem(host, port, error)]) from error
    return listener


def _listen_problem(host: str, port: int, error: OSError) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return (
                f"http.port = {port}: another program already listens on {host}:{port}; "
                "choose another, here or by STREAMRNN_HTTP__PORT; 0 is any free one"
            )
        case errno.EACCES:
            return f"http.port = {port}: ports below 1024 need special rights; choose a higher one"
        case _:
            return (
                f"http.host = {host!r}: not an address of this machine ({error}); "
                'use "127.0.0.1" for this machine only, "0.0.0.0" for every network'
            )
