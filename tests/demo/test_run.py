"""The whole demo: real broker, real plant, real screen; a fake daemon in a process of its own."""

import io
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from streamrnn.demo import run_demo
from streamrnn.demo.faults import FaultKind, FaultSchedule
from streamrnn.errors import ConfigError

pytest.importorskip("iotcore")

FAKE_DAEMON = (sys.executable, str(Path(__file__).with_name("fake_daemon.py")))
# Four hours of the plant, with one fault that lasts long enough for a busy machine.
SPEED = 4_000.0
MINUTES = 3.6 / 60.0


def seed_whose_only_fault_is(kind):
    """The fake daemon sees a broken wire and nothing else."""
    duration = MINUTES * 60.0 * SPEED
    return next(
        seed
        for seed in range(1000)
        if [fault.kind for fault in FaultSchedule.plan(duration, seed).faults] == [kind]
    )


def run(**settings):
    output = io.StringIO()
    console = Console(file=output, width=80)
    code = run_demo(**{"minutes": MINUTES, "speed": SPEED, "console": console, **settings})
    return code, output.getvalue()


def is_listening(url):
    host, port = re.search(r"//([\d.]+):(\d+)", url).groups()
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


def test_it_shows_warm_up_each_fault_each_alert_once_and_the_sum():
    seed = seed_whose_only_fault_is(FaultKind.OUT_OF_RANGE)
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    code, output = run(seed=seed, daemon_command=FAKE_DAEMON)
    assert code == 0
    assert "10 devices, 13 streams" in output
    assert "100%: 13 of 13 streams ready" in output
    assert "fault    plant/hall/climate/temperature: wire broken (out of range)" in output
    assert len(re.findall("ALERT    plant/hall/climate/temperature is -127", output)) == 1
    assert len(re.findall("over     plant/hall/climate/temperature is", output)) == 1
    assert "Found 1 of 1 faults" in output
    assert re.search(r" 0  before the first .*\n +0  when a stream .*\n +0  others\n", output)
    assert not is_listening(re.search(r"Broker +(\S+)", output)[1])
    assert not is_listening(re.search(r"Page +(\S+)", output)[1])
    assert handlers == [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]


def test_a_daemon_that_dies_makes_it_fail_and_its_last_words_are_shown():
    last_words = "print('first'); print('config: no such file'); raise SystemExit(3)"
    code, output = run(daemon_command=(sys.executable, "-c", last_words))
    assert code == 1
    assert "the daemon ended by itself with exit code 3. Its last log lines:" in output
    assert "  config: no such file" in output


def test_a_daemon_that_stops_with_an_error_makes_it_fail():
    program = (
        "import runpy, sys\n"
        f"sys.argv[0] = {FAKE_DAEMON[1]!r}\n"
        "try:\n"
        "    runpy.run_path(sys.argv[0], run_name='__main__')\n"
        "except SystemExit:\n"
        "    sys.exit('checkpoint: disk full')\n"
    )
    code, output = run(minutes=1.0 / 60.0, daemon_command=(sys.executable, "-c", program))
    assert code == 1
    assert "the daemon did not stop in order: exit code 1" in output
    assert "  checkpoint: disk full" in output


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_a_signal_ends_it_in_order_with_the_sum_so_far(number):
    program = (
        "import sys\n"
        "from streamrnn.demo import run_demo\n"
        f"sys.exit(run_demo(minutes=60.0, daemon_command={FAKE_DAEMON!r}))\n"
    )
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, env=environment
    ) as demo:
        try:
            seen = ""
            while "warm-up" not in seen and (line := demo.stdout.readline()):
                seen += line
            demo.send_signal(number)
            rest, _ = demo.communicate(timeout=60)
        finally:
            demo.terminate()
    output = seen + rest
    assert demo.returncode == 0
    assert "not reached" in output
    assert "Found 0 of 0 faults" in output
    assert not is_listening(re.search(r"Broker +(\S+)", output)[1])


def test_senseless_settings_are_all_named():
    with pytest.raises(ConfigError) as caught:
        run_demo(minutes=0.0, speed=float("nan"))
    assert caught.value.problems == [
        "minutes = 0: must be a number above 0",
        "speed = nan: must be a number above 0",
    ]
