"""Clients of the HTTP port who mean no good: none keeps another from being served."""

from __future__ import annotations

import gc
import logging
import os
import socket
import ssl
from contextlib import ExitStack, suppress
from typing import NoReturn

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamrnn.service.http.connections import Listener
from streamrnn.service.http.server import MAX_CONNECTIONS
from tests.mosquitto import Certificates
from tests.service.http_serving import DEADLINE, connection, serving

SILENT = 3 * MAX_CONNECTIONS


def ask(client: httpx.Client, path: str = "/metrics") -> int:
    """On a connection of its own."""
    return client.get(path, headers={"connection": "close"}).status_code


def is_cut(sock: socket.socket) -> bool:
    """Waits for the other end to close."""
    with suppress(ConnectionError):
        while sock.recv(65_536):
            pass
    return True


@pytest.mark.parametrize("said", [b"", b"GET /metrics HTTP/1.1\r\nHost: x\r\nX-A: "])
def test_any_number_of_silent_clients_leaves_the_port_open(said: bytes) -> None:
    with serving() as client, ExitStack() as clients:
        for _ in range(SILENT):
            clients.enter_context(connection(client)).sendall(said)
        assert [ask(client) for _ in range(5)] == [200] * 5


def test_connections_are_bounded_and_the_oldest_makes_room() -> None:
    gc.collect()
    before = len(os.listdir("/proc/self/fd"))
    with serving() as client, ExitStack() as clients:
        silent = [clients.enter_context(connection(client)) for _ in range(SILENT)]
        assert ask(client, "/healthz") == 200
        assert all(map(is_cut, silent[: SILENT - MAX_CONNECTIONS]))
        ours = SILENT + MAX_CONNECTIONS + 30  # both ends are in this process
        assert len(os.listdir("/proc/self/fd")) - before < ours


def test_handshakes_that_are_never_finished_count_too(certificates: Certificates) -> None:
    trust = ssl.create_default_context(cafile=certificates.authority)
    tls = {"cert_file": certificates.server, "key_file": certificates.server_key}
    with serving(trust=trust, **tls) as client, ExitStack() as clients:
        silent = [clients.enter_context(connection(client)) for _ in range(SILENT)]
        assert client.get("/healthz").status_code == 200
        assert all(map(is_cut, silent[: SILENT - MAX_CONNECTIONS]))


def test_a_connection_that_has_ended_is_not_counted() -> None:
    with Listener(socket.create_server(("127.0.0.1", 0)), most=2) as listener, ExitStack() as ends:
        address = listener.getsockname()

        def connect() -> tuple[socket.socket, socket.socket]:
            ours = ends.enter_context(socket.create_connection(address, timeout=DEADLINE))
            return ours, ends.enter_context(listener.accept()[0])

        first, _ = connect()
        _, second_served = connect()
        second_served.close()
        connect()
        first.setblocking(False)
        with pytest.raises(BlockingIOError):
            first.recv(1)
        connect()
        first.setblocking(True)
        assert is_cut(first)


@pytest.mark.parametrize(
    "start",
    [b"GET /", b"GET / HTTP/1.1\r\nHost: x\r\nX-A: ", b"GET / HTTP/1.1\r\nHost: x\r\n"],
    ids=["path", "header", "headers"],
)
def test_a_request_head_without_end_is_refused(start: bytes) -> None:
    more = b"X-A: x\r\n" if start.endswith(b"\n") else b"x"
    with serving() as client, connection(client) as greedy:
        with suppress(ConnectionError):
            greedy.sendall(start + more * 1_000_000)
            assert greedy.recv(100).startswith(b"HTTP/1.1 400 ")
        assert is_cut(greedy)
        assert ask(client) == 200


def pour(sock: socket.socket, chunk: bytes) -> NoReturn:
    """For as long as the other end lets us."""
    while True:
        sock.sendall(chunk)


def test_a_body_without_end_is_neither_kept_nor_waited_for() -> None:
    with serving(patience_seconds=1) as client, connection(client) as greedy:
        greedy.sendall(b"POST /metrics HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        with pytest.raises(ConnectionError):
            pour(greedy, b"10000\r\n" + b"x" * 65_536 + b"\r\n")
        assert ask(client) == 200


@pytest.mark.parametrize(
    "path",
    [
        "/../../../../etc/passwd",
        "/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
        "/..%2f..%2f..%2fetc%2fpasswd",
        "//etc/passwd",
        "/page.css/../server.py",
        "/page/index.html",
        "/page.css%00.html",
        "http://evil.example/metrics",
        "\\..\\..\\etc\\passwd",
        "/api/../metrics",
        "/static/page.css",
    ],
)
def test_no_path_leads_out_of_the_routes(path: str) -> None:
    with serving() as client, connection(client) as sock:
        sock.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: sock.recv(65_536), b""))
    assert answer.split(b" ")[1] in (b"400", b"404"), answer
    assert b"root:" not in answer


_LINES = st.sampled_from(
    [
        b"GET /metrics HTTP/1.1\r\n", b"GET /api/streams?limit=1&q=%00%ff HTTP/1.1\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", b"POST / HTTP/1.0\r\n", b"Host: x\r\n",
        b"HEAD / HTTP/1.1\r\n", b"\r\n", b"\n", b"\x00", b"Content-Length: 5\r\n",
        b"Content-Length: -1\r\n", b"Transfer-Encoding: chunked\r\n", b"Upgrade: websocket\r\n",
        b"Connection: upgrade\r\n", b"Expect: 100-continue\r\n", b"5\r\nhello\r\n", b"0\r\n\r\n",
        b"ffffffffffffffff\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b" folded\r\n",
        b"Authorization: Basic \xff\r\n", b"\x16\x03\x01\x02\x00\x01\x00",
    ]
)  # fmt: skip


@pytest.fixture(scope="module")
def fuzzed():
    with serving(patience_seconds=1) as client:
        yield client


@settings(max_examples=300)
@given(pieces=st.lists(_LINES | st.binary(max_size=40), max_size=12), in_one=st.booleans())
def test_nonsense_is_answered_or_cut_and_fills_no_log(
    fuzzed: httpx.Client, pieces: list[bytes], in_one: bool
) -> None:
    logged: list[logging.LogRecord] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = logged.append  # type: ignore[method-assign]
    logging.getLogger("asyncio").addHandler(handler)
    try:
        with connection(fuzzed) as sock, suppress(OSError):
            for piece in [b"".join(pieces)] if in_one else pieces:
                sock.sendall(piece)
            sock.shutdown(socket.SHUT_WR)
            while sock.recv(65_536):
                pass
        assert ask(fuzzed, "/healthz") == 200
    finally:
        logging.getLogger("asyncio").removeHandler(handler)
    assert not logged
