"""A real mosquitto for tests: on a free port of 127.0.0.1, in a folder of its own.

    broker = Mosquitto(tmp_path)
    broker.start()
    broker.kill()      # as a crash: nothing is saved
    broker.start()     # the same port again
    broker.stop()      # sessions and retained messages are saved in tmp_path

The fixtures in conftest.py skip where mosquitto is not installed; with REQUIRE_BROKER=1
they fail instead.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, NoReturn

import pytest

_PATH = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin"  # not in every user's
_EXECUTABLE = shutil.which("mosquitto", path=_PATH)
_PASSWD = shutil.which("mosquitto_passwd", path=_PATH)
_START_SECONDS = 20.0


def require_mosquitto() -> None:
    """Skip, or fail where a broker is required, when mosquitto is not installed."""
    if _EXECUTABLE is None:
        require_or_skip("mosquitto is not installed (Debian: apt-get install mosquitto)")


def require_or_skip(reason: str) -> NoReturn:
    if os.environ.get("REQUIRE_BROKER") == "1":
        pytest.fail(f"{reason}, and REQUIRE_BROKER=1 requires it")
    pytest.skip(reason)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Mosquitto:
    """One broker process. Port and folder stay the same over restarts."""

    def __init__(
        self,
        folder: Path,
        *,
        users: dict[str, str] | None = None,
        acl: str = "",
        tls: dict[str, Path | str] | None = None,
        settings: str = "",
    ) -> None:
        """users: password by name; none: anybody. acl: text of an ACL file. tls: see
        `Certificates.for_broker`. settings: further lines of mosquitto.conf."""
        self.port = free_port()
        self.host = "localhost" if tls else "127.0.0.1"
        self.url = f"{'mqtts' if tls else 'mqtt'}://{self.host}:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        self.log = folder / "mosquitto.log"
        self._config = folder / "mosquitto.conf"
        lines = [
            # Without a setting of its own it would change to the user mosquitto, when root.
            f"user {_current_user()}",
            f"listener {self.port} 127.0.0.1",
            "persistence true",
            f"persistence_location {folder}/",
            "max_queued_messages 0",
            "log_type all",
            f"allow_anonymous {'false' if users else 'true'}",
            *(f"{key} {file}" for key, file in (tls or {}).items()),
            settings,
        ]
        if users:
            lines.append(f"password_file {_password_file(folder / 'passwords', users)}")
        if acl:
            acl_file = folder / "acl"
            acl_file.write_text(acl)
            acl_file.chmod(0o600)
            lines.append(f"acl_file {acl_file}")
        self._config.write_text("\n".join(lines) + "\n")

    def start(self) -> None:
        """Start, and return when it accepts connections."""
        assert _EXECUTABLE is not None, "call require_mosquitto() first"
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [_EXECUTABLE, "-c", str(self._config)], stdout=log, stderr=log
            )
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1.0).close()
            except OSError:
                time.sleep(0.02)
            else:
                return
        self.kill()
        raise RuntimeError(f"mosquitto did not start:\n{self.log.read_text()}")

    def stop(self) -> None:
        """Stop cleanly: it saves sessions and retained messages."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=_START_SECONDS)
            self._process = None

    def kill(self) -> None:
        """End it at once, as a crash would: what it had not saved is lost."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(timeout=_START_SECONDS)
            self._process = None

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """It is there and says nothing, for as long as the `with` block lasts."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def restart(self) -> None:
        self.stop()
        self.start()


def _password_file(file: Path, users: dict[str, str]) -> Path:
    file.write_text("".join(f"{user}:{password}\n" for user, password in users.items()))
    file.chmod(0o600)
    assert _PASSWD is not None, "mosquitto_passwd is missing beside mosquitto"
    subprocess.run([_PASSWD, "-U", str(file)], check=True)
    return file


def _current_user() -> str:
    return pwd.getpwuid(os.getuid()).pw_name


class Certificates(NamedTuple):
    """PEM files. `other_authority` has signed nothing."""

    authority: Path
    server: Path
    server_key: Path
    client: Path
    client_key: Path
    other_authority: Path
    other_key: Path

    def for_broker(self, *, ask_client: bool = False) -> dict[str, Path | str]:
        """The `tls` of a `Mosquitto`."""
        files: dict[str, Path | str] = {
            "cafile": self.authority,
            "certfile": self.server,
            "keyfile": self.server_key,
        }
        return files | ({"require_certificate": "true"} if ask_client else {})


def make_certificates(folder: Path) -> Certificates:
    """Made by the openssl command, valid for two days."""
    openssl = shutil.which("openssl")
    if openssl is None:
        require_or_skip("openssl is not installed (Debian: apt-get install openssl)")
    ecdsa = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]

    def make(name: str, *options: str) -> tuple[Path, Path]:
        files = folder / f"{name}.pem", folder / f"{name}.key"
        subject = ["-x509", *ecdsa, "-subj", f"/CN={name}", *options]
        command = [str(openssl), "req", *subject, "-out", str(files[0]), "-keyout", str(files[1])]
        subprocess.run(command, check=True, capture_output=True)
        return files

    authority, authority_key = make("authority")
    other_authority, other_key = make("other_authority")
    signed = ["-CA", str(authority), "-CAkey", str(authority_key)]
    leaf = [*signed, "-addext", "basicConstraints=critical,CA:FALSE"]
    names = "subjectAltName=DNS:localhost,IP:127.0.0.1"
    server, server_key = make("server", *leaf, "-addext", names)
    client, client_key = make("client", *leaf)
    return Certificates(
        authority, server, server_key, client, client_key, other_authority, other_key
    )
