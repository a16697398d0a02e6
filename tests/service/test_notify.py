"""What systemd hears, over a real datagram socket."""

from __future__ import annotations

import logging
import re
import secrets
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from streamrnn.service.notify import Notifier


@pytest.fixture
def socket_path() -> Iterator[Path]:
    # Not tmp_path: the address of a Unix socket holds 107 bytes.
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder) / "notify"


def listener(address: str) -> socket.socket:
    channel = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    channel.settimeout(30)
    channel.bind(address)
    return channel


def test_the_watchdog_hears_from_us_twice_as_often_as_it_must(socket_path: Path) -> None:
    environ = {"NOTIFY_SOCKET": str(socket_path), "WATCHDOG_USEC": "6000000"}
    with listener(str(socket_path)) as systemd:
        notifier = Notifier.from_environment(environ)
        for now in (0.0, 2.9, 3.0, 5.0):
            notifier.alive(now, lambda: "8 streams")
        notifier.stopping("saving state")
        heard = [systemd.recv(4096).split(b"\n")[0] for _ in range(3)]
    assert heard == [b"WATCHDOG=1", b"WATCHDOG=1", b"STOPPING=1"]


def test_each_state_is_one_datagram(socket_path: Path) -> None:
    with listener(str(socket_path)) as systemd:
        notifier = Notifier.from_environment({"NOTIFY_SOCKET": str(socket_path)})
        notifier.ready("8 streams")
        notifier.alive(1000.0, lambda: "9 streams")
        notifier.stopping("saving state")
        assert systemd.recv(4096) == b"READY=1\nSTATUS=8 streams"
        assert systemd.recv(4096) == b"WATCHDOG=1\nSTATUS=9 streams"
        assert systemd.recv(4096) == b"STOPPING=1\nSTATUS=saving state"


def test_a_reload_carries_the_time_that_systemd_asks_for(socket_path: Path) -> None:
    with listener(str(socket_path)) as systemd:
        Notifier(str(socket_path)).reloading()
        assert re.fullmatch(rb"RELOADING=1\nMONOTONIC_USEC=\d+", systemd.recv(4096))


def test_an_abstract_address_is_understood() -> None:
    name = f"streamrnn-test-{secrets.token_hex(8)}"
    with listener(f"\0{name}") as systemd:
        Notifier(f"@{name}").stopping("here")
        assert systemd.recv(4096) == b"STOPPING=1\nSTATUS=here"


def test_a_status_cannot_smuggle_in_another_assignment(socket_path: Path) -> None:
    with listener(str(socket_path)) as systemd:
        Notifier(str(socket_path)).stopping("a\nREADY=1\r\nb")
        assert systemd.recv(4096) == b"STOPPING=1\nSTATUS=a READY=1 b"


@pytest.mark.parametrize("environ", [{}, {"NOTIFY_SOCKET": ""}])
def test_outside_systemd_nothing_happens(environ: dict[str, str]) -> None:
    Notifier.from_environment(environ).ready("alone")


def test_a_service_manager_that_is_gone_is_logged_and_survived(
    socket_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        Notifier(str(socket_path)).ready("alone")
    assert [record.message for record in caplog.records] == ["notify_failed"]
