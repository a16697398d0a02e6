"""Around the HTTP routes: who may ask, and headers that protect the page."""

from __future__ import annotations

import hmac
from base64 import b64decode
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# The page's script and style are files of this server; nothing else may load, run or be framed.
SECURITY_HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}

# What an orchestrator asks, which has no token.
_HEALTH: Final = frozenset({"/healthz", "/readyz"})


class SecurityHeaders:
    """Adds `SECURITY_HEADERS` to every response, error pages included."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(SECURITY_HEADERS)
            await send(message)

        await self._app(scope, receive, send_with_headers)


class TokenRequired:
    """Answers only those who show the token: as bearer, or as the password of Basic, for which
    browsers ask by themselves. Whoever does not is told of health by the status alone."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._token = token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        offered = _offered_token(Headers(scope=scope).get("authorization", ""))
        if hmac.compare_digest(offered, self._token):
            await self._app(scope, receive, send)
        elif scope["path"] in _HEALTH:
            status = await _status_of(self._app, scope, receive)
            await Response(status_code=status)(scope, receive, send)
        else:
            await _unauthorized()(scope, receive, send)


class KnownHost:
    """For a port of this machine alone, without a token.

    A web page from anywhere can make a browser here ask us, under a name of its own that it lets
    lead to 127.0.0.1 (DNS rebinding), and read the answer. So the name must be one that no
    stranger can own: an address, or one without dots.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        host = Headers(scope=scope).get("host")
        if host is None or _is_local_name(host):  # browsers always send one
            await self._app(scope, receive, send)
        else:
            await _misdirected()(scope, receive, send)


def _offered_token(authorization: str) -> bytes:
    scheme, _, credentials = authorization.partition(" ")
    match scheme.lower():
        case "bearer":
            return credentials.strip().encode()
        case "basic":
            try:
                return b64decode(credentials, validate=True).partition(b":")[2]
            except ValueError:
                return b""
    return b""


async def _status_of(app: ASGIApp, scope: Scope, receive: Receive) -> int:
    statuses: list[int] = []

    async def note(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    await app(scope, receive, note)
    return statuses[0]


def _unauthorized() -> Response:
    answer = PlainTextResponse("The token is missing or wrong: see http.token_file.\n", 401)
    for challenge in ('Basic realm="streamrnn", charset="UTF-8"', "Bearer"):
        answer.headers.append("www-authenticate", challenge)
    return answer


def _misdirected() -> Response:
    return PlainTextResponse(
        'Host must be an address or "localhost": a proxy must send that, or set http.token_file.\n',
        421,
    )


def _is_local_name(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return "." not in name or name.endswith(".localhost") or _is_address(name)


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
