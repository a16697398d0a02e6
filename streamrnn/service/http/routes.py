"""The routes: read-only, GET and HEAD. No path of a request is ever a path on disk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from typing import TypeVar

import msgspec
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from streamrnn.service import api, exposition
from streamrnn.service.fleet import STATES, FleetSnapshot
from streamrnn.service.health import Health, Verdict
from streamrnn.service.trail import Trail

T = TypeVar("T")

_PAGE_FILES = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
    "/page.js": ("page.js", "text/javascript; charset=utf-8"),
    "/streams.js": ("streams.js", "text/javascript; charset=utf-8"),
    "/chart.js": ("chart.js", "text/javascript; charset=utf-8"),
    "/text.js": ("text.js", "text/javascript; charset=utf-8"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
}


def http_app(
    registry: CollectorRegistry,
    health: Health,
    fleet: Callable[[], FleetSnapshot],
    trail: Trail,
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
        query, state = request.query_params.get("q", ""), request.query_params.get("state", "")
        try:
            if state not in ("", *STATES):
                raise ValueError(f"state = {state!r}: must be one of {', '.join(STATES)}")
            with_trails = _number(request, "trail", 0, most=1)
            limit = _number(request, "limit", api.MAX_STREAMS, most=api.MAX_STREAMS)
            offset = _number(request, "offset", 0, most=10**9)
        except ValueError as error:
            return PlainTextResponse(f"{error}\n", status_code=400)
        return await _in(
            workers,
            lambda: _json(
                api.streams(
                    fleet(),
                    query=query,
                    limit=limit,
                    offset=offset,
                    state=state,
                    trails=trail.points if with_trails else None,
                )
            ),
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
