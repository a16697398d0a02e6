"""The units, looked at by systemd's own tools. deploy/test/systemd.sh runs them for real."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.mosquitto import require_or_skip

SYSTEMD = Path(__file__).parents[2] / "deploy" / "systemd"
SERVICE = SYSTEMD / "streamrnn.service"
TEMPLATE = SYSTEMD / "streamrnn@.service"
MOST_EXPOSURE = 1.5


def tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        require_or_skip(f"{name} is not installed (Debian: apt-get install systemd)")
    return found


def run(*command: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "LC_ALL": "C", "SYSTEMD_LOG_LEVEL": "info"}
    return subprocess.run(
        command, capture_output=True, text=True, stdin=subprocess.DEVNULL, env=environ
    )


@pytest.fixture(params=[SERVICE, TEMPLATE], ids=lambda unit: unit.name)
def unit(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy whose program exists on this machine; of the template, an instance."""
    original: Path = request.param
    program = tmp_path / "streamrnn"
    program.symlink_to("/bin/true")
    copy = tmp_path / original.name.replace("@", "@hall")
    text = original.read_text()
    copy.write_text(text.replace("/opt/streamrnn/bin/streamrnn", str(program)))
    return copy


def test_a_unit_has_nothing_that_systemd_does_not_know(unit: Path) -> None:
    done = run(tool("systemd-analyze"), "verify", "--man=no", str(unit))
    assert done.returncode == 0, done.stderr
    assert unit.name not in done.stderr


def test_a_misspelt_setting_would_be_found(unit: Path) -> None:
    unit.write_text(unit.read_text().replace("WatchdogSec", "WatchdogSeconds"))
    done = run(tool("systemd-analyze"), "verify", "--man=no", str(unit))
    assert "WatchdogSeconds" in done.stderr


def test_a_broken_in_daemon_could_reach_little(unit: Path) -> None:
    threshold = f"--threshold={MOST_EXPOSURE * 10:.0f}"
    done = run(tool("systemd-analyze"), "security", "--offline=yes", threshold, str(unit))
    assert done.returncode == 0, done.stdout[-2000:]


def test_an_instance_differs_from_the_service_in_its_own_files_only() -> None:
    expected = (
        SERVICE.read_text()
        .replace("streamrnn.toml", "%i.toml")
        .replace("over MQTT\n", "over MQTT (%i)\n")
        .replace("StateDirectory=streamrnn\n", "StateDirectory=streamrnn-%i\n")
        .replace("/streamrnn.service/", "/streamrnn@hall.service/")
    )
    assert _without_heading(TEMPLATE.read_text()) == _without_heading(expected)


def _without_heading(unit: str) -> str:
    return unit[unit.index("[Unit]") :]


@pytest.mark.parametrize("name", ["sysusers", "tmpfiles"])
def test_user_and_folders_can_be_made(name: str, tmp_path: Path) -> None:
    for line in ("passwd", "group"):
        (tmp_path / "etc").mkdir(exist_ok=True)
        (tmp_path / "etc" / line).write_text("root:x:0:0::/root:/bin/sh\n")
    (tmp_path / "etc" / "group").write_text("root:x:0:\nstreamrnn:x:8095:\n")
    options = {"sysusers": ["--dry-run"], "tmpfiles": ["--create"]}[name]
    done = run(
        tool(f"systemd-{name}"),
        *options,
        f"--root={tmp_path}",
        str(SYSTEMD / f"streamrnn.{name}"),
    )
    if os.geteuid() == 0 or name == "sysusers":
        assert done.returncode == 0, done.stderr
    assert "ignoring" not in done.stderr.lower()
