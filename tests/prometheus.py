"""A real Prometheus for tests: on a free port of 127.0.0.1, with its data in a folder of its own.

    with Prometheus(folder, config) as prometheus:
        prometheus.query("up")

Skips where Prometheus is not installed; with REQUIRE_BROKER=1 it fails instead.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx

from tests.mosquitto import free_port, require_or_skip

_START_SECONDS = 60.0


def require(program: str) -> str:
    """The path of `prometheus` or `promtool`."""
    found = shutil.which(program)
    if found is None:
        require_or_skip(f"{program} is not installed (Debian: apt-get install prometheus)")
    return found


class Prometheus:
    """One server, from `with` to its end. config: path of its settings."""

    def __init__(self, folder: Path, config: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._executable = require("prometheus")
        self._log = folder / "prometheus.log"
        self._folder = folder
        self._config = config
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._client = httpx.Client(base_url=f"http://127.0.0.1:{self._port}", timeout=60)

    def __enter__(self) -> Prometheus:
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [
                    self._executable,
                    f"--config.file={self._config}",
                    f"--storage.tsdb.path={self._folder / 'data'}",
                    f"--web.listen-address=127.0.0.1:{self._port}",
                ],
                stdout=log,
                stderr=log,
            )
        self.wait_until(self._is_ready, "ready")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def query(self, expr: str) -> list[dict[str, Any]]:
        """The series of an expression now."""
        return self._get("query", query=expr)["result"]  # type: ignore[no-any-return]

    def query_range(self, expr: str, seconds: float, step: float = 1.0) -> list[dict[str, Any]]:
        """The series of an expression over the last `seconds`."""
        now = time.time()
        found = self._get("query_range", query=expr, start=now - seconds, end=now, step=step)
        return found["result"]  # type: ignore[no-any-return]

    def label_values(self, label: str, selector: str) -> list[str]:
        """What Grafana's `label_values(selector, label)` asks for."""
        found: list[str] = self._get(f"label/{label}/values", **{"match[]": selector})
        return found

    def alerts(self) -> dict[str, str]:
        """State (pending, firing) by name of the alert."""
        return {a["labels"]["alertname"]: a["state"] for a in self._get("alerts")["alerts"]}

    def rules(self) -> list[dict[str, Any]]:
        """All rules, with the `health` and `lastError` of their last evaluation."""
        return [rule for group in self._get("rules")["groups"] for rule in group["rules"]]

    def wait_until(
        self, met: Callable[[], bool], what: str, seconds: float = _START_SECONDS
    ) -> None:
        """Polls until `met`; fails with the log's end when time is up."""
        deadline = time.monotonic() + seconds
        while not met():
            end = "\n".join(self._log.read_text(errors="replace").splitlines()[-20:])
            assert time.monotonic() < deadline, f"{what}: not within {seconds} s\n{end}"
            time.sleep(0.2)

    def _is_ready(self) -> bool:
        try:
            return self._client.get("/-/ready").is_success
        except httpx.TransportError:
            return False

    def _get(self, path: str, **parameters: str | float) -> Any:
        reply = self._client.get(f"/api/v1/{path}", params=parameters)
        assert reply.is_success, f"{parameters}: {reply.text}"
        return reply.json()["data"]
