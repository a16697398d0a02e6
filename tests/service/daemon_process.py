"""The real daemon in a process of its own, with a settings file that a test can change."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from tests.mosquitto import free_port

_LONG_SECONDS = 180.0  # kernels may have to be compiled, on a busy machine


class DaemonProcess:
    """Gateway "gw", listening to plant/#. `settings` is the text of its file but for the sections
    that it needs in any case."""

    def __init__(self, folder: Path, broker_url: str, *, port: int | None = None) -> None:
        self.folder = folder
        self.port = port or free_port()
        self.state = folder / "state"
        self.log_file = folder / "daemon.log"
        self._file = folder / "streamrnn.toml"
        self._broker_url = broker_url
        self._process: subprocess.Popen[bytes] | None = None
        self.configure()

    def configure(self, *, source: str = "plant/#", more: str = "") -> None:
        """Write the settings file."""
        self._file.write_text(
            f"""
            [gateway]
            name = "gw"
            [mqtt]
            broker = "{self._broker_url}"
            [[source]]
            topic = "{source}"
            [detector]
            warm_up = 60
            [alerts]
            cooldown = "20s"
            [http]
            port = {self.port}
            [state]
            directory = "{self.state}"
            {more}
            """
        )

    def start(self) -> DaemonProcess:
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "streamrnn", "run", str(self._file)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={k: v for k, v in os.environ.items() if not k.startswith("STREAMRNN_MQTT")},
            )
        return self

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def wait(self) -> int:
        """Its exit code, once it has ended."""
        assert self._process is not None
        return self._process.wait(_LONG_SECONDS)

    def stop(self) -> int:
        self.signal(signal.SIGTERM)
        return self.wait()

    def kill(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def until(self, condition: Callable[[], object]) -> None:
        """Wait until the condition holds; the daemon must live meanwhile."""
        deadline = time.monotonic() + _LONG_SECONDS
        while not condition():
            assert time.monotonic() < deadline, f"did not come true:\n{self.log}"
            assert self._process is not None
            assert self._process.poll() is None, f"the daemon has ended:\n{self.log}"
            time.sleep(0.05)

    def until_ready(self) -> None:
        self.until(lambda: self.get("/readyz")[0] == 200)

    @property
    def log(self) -> str:
        return self.log_file.read_text()

    def get(self, path: str) -> tuple[int, str]:
        """HTTP status and body; 0 while nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as reply:
                return reply.status, reply.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def metric(self, sample: str) -> float | None:
        """The value of one line of /metrics, named with its labels."""
        for line in self.get("/metrics")[1].splitlines():
            name, _, value = line.rpartition(" ")
            if name == sample:
                return float(value)
        return None

    def streams(self) -> dict[str, dict[str, Any]]:
        """The rows of the page's table, by name."""
        status, body = self.get("/api/streams")
        return {row["name"]: row for row in msgspec.json.decode(body)["streams"]} if status else {}
