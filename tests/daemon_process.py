"""The real daemon as a child process, for tests that treat it as its users do."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from tests.mosquitto import free_port

GATEWAY = "gw"


class DaemonProcess:
    """`streamrnn run` with settings of its own: state, log and port lie in `folder`."""

    def __init__(self, folder: Path, settings: str, environ: Mapping[str, str]) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.settings = folder / "streamrnn.toml"
        self.settings.write_text(settings)
        self.log = folder / "daemon.log"
        self.port = free_port()
        self.headers: dict[str, str] = {}  # to send with every request
        self._environ = {
            **{name: value for name, value in os.environ.items() if "STREAMRNN_" not in name},
            "STREAMRNN_GATEWAY__NAME": GATEWAY,
            "STREAMRNN_STATE__DIRECTORY": str(folder / "state"),
            "STREAMRNN_HTTP__PORT": str(self.port),
            **environ,
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "streamrnn", "run", "--config", str(self.settings)],
                env=self._environ,
                stdout=log,
                stderr=log,
            )

    def send(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def stop(self, within_seconds: float = 60.0) -> int:
        """SIGTERM; returns the exit code."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(within_seconds)

    def kill(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def get(self, path: str) -> tuple[int, str]:
        """Status and body; (0, "") while nobody listens."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", headers=self.headers
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as reply:
                return reply.status, reply.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def samples(self, name: str) -> list[Sample]:
        """All samples of a metric, by the name that a sample carries."""
        families = text_string_to_metric_families(self.get("/metrics")[1])
        return [s for family in families for s in family.samples if s.name == name]

    def total(self, name: str) -> float:
        return sum(sample.value for sample in self.samples(name))

    def wait_until(self, met: Callable[[], bool], what: str, seconds: float = 120.0) -> None:
        """Polls until `met`; fails with the log's end when the daemon dies or time is up."""
        deadline = time.monotonic() + seconds
        while not met():
            assert self.process is not None
            died = self.process.poll()
            assert died is None, f"the daemon ended with {died}:\n{self._log_end()}"
            assert time.monotonic() < deadline, f"{what}: not within {seconds} s\n{self._log_end()}"
            time.sleep(0.1)

    def wait_ready(self) -> None:
        """Connected and subscribed; the first start compiles kernels."""
        self.wait_until(lambda: '"subscriptions"' not in self.get("/readyz")[1] != "", "ready")

    def processor_seconds(self) -> float:
        """For which the processor has worked for it."""
        assert self.process is not None
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        user, system = int(fields[11]), int(fields[12])  # utime and stime of proc(5)
        return (user + system) / os.sysconf("SC_CLK_TCK")

    def waited_for_processor_seconds(self) -> float:
        """For which threads that live now were ready to work and others had the processor."""
        assert self.process is not None
        waited = 0
        for task in Path(f"/proc/{self.process.pid}/task").iterdir():
            waited += int((task / "schedstat").read_text().split()[1])
        return waited / 1e9

    def _log_end(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-30:])


@contextmanager
def daemon(
    folder: Path, settings: str, environ: Mapping[str, str] | None = None
) -> Iterator[DaemonProcess]:
    """A started daemon, killed at the end if it still runs."""
    process = DaemonProcess(folder, settings, environ or {})
    process.start()
    try:
        yield process
    finally:
        process.kill()
