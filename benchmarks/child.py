"""The daemon as a child process: `python -m streamrnn run`, seen from outside."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from streamrnn.demo.broker import HOST, free_port

_READY_SECONDS = 300.0  # a cold cache on a small or busy machine
_STOP_SECONDS = 15.0


class Daemon:
    """Runs while the `with` block lasts; entering returns when it is READY.

    ready_seconds: from the start of the process to READY, as it tells systemd.
    """

    def __init__(
        self, folder: Path, *, broker_port: int, topic_filter: str, settings: Mapping[str, str]
    ) -> None:
        """folder: for its state and its log; the same one again is a restart."""
        self._folder = folder
        self._port = free_port()
        self._command = (
            *(sys.executable, "-m", "streamrnn", "run"),
            *("--broker", f"mqtt://{HOST}:{broker_port}", "--topic", topic_filter),
        )
        self._environ = {
            **os.environ,
            "STREAMRNN_GATEWAY__NAME": "bench",
            "STREAMRNN_HTTP__HOST": HOST,
            "STREAMRNN_HTTP__PORT": str(self._port),
            "STREAMRNN_STATE__DIRECTORY": str(folder / "state"),
            "STREAMRNN_LIMITS__NEW_STREAMS_PER_SECOND": "1e6",
            **settings,
        }
        self.ready_seconds = 0.0

    def __enter__(self) -> Daemon:
        address = self._folder / "notify"
        address.unlink(missing_ok=True)
        with (
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel,
            (self._folder / "daemon.log").open("ab") as log,
        ):
            channel.bind(str(address))
            begun = time.perf_counter()
            self._process = subprocess.Popen(
                self._command,
                env={**self._environ, "NOTIFY_SOCKET": str(address)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
            try:
                self._wait_until_ready(channel)
            except BaseException:
                self._process.kill()
                self._process.wait()
                raise
            self.ready_seconds = time.perf_counter() - begun
        return self

    def _wait_until_ready(self, channel: socket.socket) -> None:
        channel.settimeout(0.2)
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline:
            try:
                if b"READY=1" in channel.recv(4096).splitlines():
                    return
            except TimeoutError:
                if self._process.poll() is not None:
                    break
        log = (self._folder / "daemon.log").read_text(errors="replace")
        raise RuntimeError(f"the daemon did not become ready:\n{log[-2000:]}")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def is_subscribed(self) -> bool:
        """Connected to the broker and subscribed."""
        try:
            with urllib.request.urlopen(f"http://{HOST}:{self._port}/readyz", timeout=5.0):
                return True
        except urllib.error.HTTPError:
            return False

    def progress(self) -> tuple[float, int]:
        """Unix time, and how many readings the detector had been given by then."""
        with urllib.request.urlopen(f"http://{HOST}:{self._port}/metrics", timeout=10.0) as page:
            text: str = page.read().decode()
        time_, readings = (
            _metric(text, f"streamrnn_{name}")
            for name in ("snapshot_timestamp_seconds", "readings_total")
        )
        return time_, int(readings)

    def resident_bytes(self) -> int:
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        found = re.search(r"^VmRSS:\s+(\d+) kB$", status, re.MULTILINE)
        if found is None:
            raise KeyError("VmRSS")
        return 1024 * int(found[1])


def _metric(page: str, name: str) -> float:
    """The value of a metric without labels; KeyError if it is not there."""
    found = re.search(rf"^{re.escape(name)} (\S+)$", page, re.MULTILINE)
    if found is None:
        raise KeyError(name)
    return float(found[1])
