"""One HTTP port: `/metrics`, `/healthz`, `/readyz`, and a page for people with its JSON.

    HttpServer    socket and thread around uvicorn
    http_app      the routes: read-only, GET and HEAD
    asgi          what surrounds them: security headers, deadlines

Health answers at once from the event loop; whatever reads a snapshot runs in a worker thread, so
that a slow scrape delays neither health nor other clients.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from typing import TypeVar

import msgspec
import uvicorn
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from streamrnn.config import HttpConfig
from streamrnn.errors import ConfigError
from streamrnn.service import api, exposition
from streamrnn.service.asgi import DeadlineProtocol, SecurityHeaders
from streamrnn.service.fleet import FleetSnapshot
from streamrnn.service.health import Health, Verdict

T = TypeVar("T")

MAX_CONNECTIONS = 64
STOP_SECONDS = 3

_PAGE_FILES = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
    "/page.js": ("page.js", "text/javascript; charset=utf-8"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
}


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
        # Two: whoever scrapes in parallel must not take the interpreter from the detector.
        self._workers = ThreadPoolExecutor(2, thread_name_prefix="http-worker")
        self._server = uvicorn.Server(
            uvicorn.Config(
                SecurityHeaders(http_app(registry, health, fleet, self._workers)),
                http=DeadlineProtocol,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                limit_concurrency=MAX_CONNECTIONS,
                timeout_keep_alive=patience_seconds,
                timeout_graceful_shutdown=STOP_SECONDS,
            )
        )

    def start(self) -> tuple[str, int]:
        """Listen and serve; returns the address and port in use.

        Raises ConfigError when the address cannot be had.
        """
        listener = _listen(self._config.host, self._config.port)
        host, port = listener.getsockname()[:2]
        self._thread = threading.Thread(
            target=self._server.run, args=([listener],), name="http", daemon=True
        )
        self._thread.start()
        return host, port

    def stop(self) -> None:
        """Finish the requests under way, for a few seconds at most, and free the port.

        Harmless when `start` was not called or failed.
        """
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(2 * STOP_SECONDS)
        self._workers.shutdown(wait=False, cancel_futures=True)


def http_app(
    registry: CollectorRegistry,
    health: Health,
    fleet: Callable[[], FleetSnapshot],
    workers: ThreadPoolExecutor,
) -> Starlette:
    """The routes. Everything slower than a dictionary runs in `workers`."""

    async def metrics(request: Request) -> Response:
        text = await _in(workers, lambda: exposition.write(registry))
        return Response(text, headers={"content-type": exposition.CONTENT_TYPE})

    async def healthz(request: Request) -> Response:
        return _verdict(health.live())

    async def readyz(request: Request) -> Response:
        return _verdict(health.ready())

    async def overview(request: Request) -> Response:
        return await _in(workers, lambda: _json(api.overview(fleet(), health.ready())))

    async def streams(request: Request) -> Response:
        query = request.query_params.get("q", "")
        try:
            limit = _number(request, "limit", api.MAX_STREAMS, most=api.MAX_STREAMS)
            offset = _number(request, "offset", 0, most=10**9)
        except ValueError as error:
            return PlainTextResponse(f"{error}\n", status_code=400)
        return await _in(
            workers,
            lambda: _json(api.streams(fleet(), query=query, limit=limit, offset=offset)),
        )

    endpoints = {
        "/metrics": metrics,
        "/healthz": healthz,
        "/readyz": readyz,
        "/api/overview": overview,
        "/api/streams": streams,
    }
    routes = [Route(path, endpoint, methods=["GET"]) for path, endpoint in endpoints.items()]
    return Starlette(routes=[*routes, *map(_page_route, _PAGE_FILES)])


def _page_route(path: str) -> Route:
    name, content_type = _PAGE_FILES[path]
    content = (files("streamrnn.service") / "page" / name).read_bytes()

    async def page_file(request: Request) -> Response:
        return Response(content, headers={"content-type": content_type})

    return Route(path, page_file, methods=["GET"])


async def _in(workers: ThreadPoolExecutor, work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(workers, work)


def _json(content: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(content), status, media_type="application/json")


def _verdict(verdict: Verdict) -> Response:
    return _json(verdict._asdict(), 200 if verdict.ok else 503)


def _number(request: Request, name: str, default: int, *, most: int) -> int:
    text = request.query_params.get(name, str(default))
    if not (text.isascii() and text.isdigit() and int(text) <= most):
        raise ValueError(f"{name} = {text!r}: must be a whole number from 0 to {most}")
    return int(text)


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
                "choose another port, or 0 for any free one"
            )
        case errno.EACCES:
            return f"http.port = {port}: ports below 1024 need special rights; choose a higher one"
        case _:
            return (
                f"http.host = {host!r}: not an address of this machine ({error}); "
                'use "127.0.0.1" for this machine only, "0.0.0.0" for every network'
            )
