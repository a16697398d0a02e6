"""The daemon as a child process, seen from outside: its HTTP port, its log, its exit code."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

import msgspec

from streamrnn.demo.broker import HOST, free_port
from streamrnn.errors import StreamrnnError

COMMAND = (sys.executable, "-m", "streamrnn", "run")
GATEWAY = "demo"
_STOP_SECONDS = 15.0
_HTTP_SECONDS = 2.0


class DaemonFailedError(StreamrnnError):
    """The daemon ended, did not get ready, or answers with an error; the text says which."""


class StreamState(msgspec.Struct, frozen=True):
    """One stream as `/api/streams` shows it; what is not known yet is None.

    warm_up: share of the warm-up done, 0 to 1.
    """

    name: str
    state: str
    active: bool
    warm_up: float
    value: float | None
    yhat: float | None
    score: float | None


class _StreamPage(msgspec.Struct, frozen=True):
    streams: list[StreamState]


class DaemonProcess:
    """`streamrnn run` on defaults, while the `with` block lasts.

    command: what to start; `--broker URL --topic FILTER` is appended.
    directory: for its state and its log. speed: plant seconds per second; the daemon's own
    times are shortened by as much: a cooldown of ten minutes lasts ten minutes of the plant.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        broker_url: str,
        topic_filter: str,
        directory: Path,
        speed: float,
    ) -> None:
        self._command = [*command, "--broker", broker_url, "--topic", topic_filter]
        self._directory = directory
        self._speed = speed
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self._port}"

    @property
    def log_path(self) -> Path:
        return self._directory / "daemon.log"

    @property
    def exit_code(self) -> int | None:
        """None while it runs, and before it was started."""
        return None if self._process is None else self._process.poll()

    def __enter__(self) -> DaemonProcess:
        with self.log_path.open("wb") as log:
            self._process = subprocess.Popen(
                self._command,
                env={**os.environ, **self._settings()},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C is for the demo, which then stops the daemon in good order.
                start_new_session=True,
            )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> int | None:
        """Ask it to stop, wait, and return its exit code; kill it if it does not."""
        if self._process is None:
            return None
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def is_ready(self) -> bool:
        """Connected to the broker and subscribed."""
        status, _ = self._get("/readyz")
        return status == http.client.OK

    def streams(self) -> list[StreamState]:
        """All streams, or none while the HTTP port does not answer.

        Raises DaemonFailedError if it answers with anything but the streams.
        """
        path = "/api/streams"
        status, body = self._get(path)
        if status is None:
            return []
        if status != http.client.OK:
            raise DaemonFailedError(f"the daemon answers GET {path} with status {status}")
        return msgspec.json.decode(body, type=_StreamPage).streams

    def last_log_lines(self, count: int) -> list[str]:
        return self.log_path.read_text(errors="replace").splitlines()[-count:]

    def _get(self, path: str) -> tuple[int | None, bytes]:
        """Status and body of the answer; no status if there is no answer."""
        connection = http.client.HTTPConnection(HOST, self._port, timeout=_HTTP_SECONDS)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException):
            # Not listening yet, or too busy: the caller asks again and watches the exit code.
            return None, b""
        finally:
            connection.close()

    def _settings(self) -> Mapping[str, str]:
        return {
            "STREAMRNN_GATEWAY__NAME": GATEWAY,
            "STREAMRNN_HTTP__HOST": HOST,
            "STREAMRNN_HTTP__PORT": str(self._port),
            "STREAMRNN_STATE__DIRECTORY": str(self._directory / "state"),
            "STREAMRNN_ALERTS__CLOSE_AFTER": self._shortened(10.0 * 60.0),
            "STREAMRNN_ALERTS__COOLDOWN": self._shortened(10.0 * 60.0),
            "STREAMRNN_ALERTS__GROUP_WITHIN": self._shortened(5.0 * 60.0),
            "STREAMRNN_DETECTOR__ADAPT_AFTER": self._shortened(6.0 * 3600.0),
            "STREAMRNN_DETECTOR__RETRAIN_EVERY": self._shortened(86_400.0),
            # some ten hours of the plant for most sensors: what has a daily rhythm wants hours
            "STREAMRNN_DETECTOR__WARM_UP": "600",
        }

    def _shortened(self, seconds: float) -> str:
        return f"{max(1, round(1000.0 * seconds / self._speed))}ms"
