import sys
import time

import pytest

from streamrnn.demo.daemon import DaemonFailedError, DaemonProcess

# Answers each path with the status its arguments give it; its options come after those.
ANSWERS = """
import os, sys
from http.server import BaseHTTPRequestHandler, HTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response({"/readyz": int(sys.argv[1])}.get(self.path, int(sys.argv[2])))
        self.end_headers()

print(*sys.argv[3:], os.environ["STREAMRNN_ALERTS__COOLDOWN"], flush=True)
HTTPServer(("127.0.0.1", int(os.environ["STREAMRNN_HTTP__PORT"])), Handler).serve_forever()
"""


@pytest.fixture
def daemon_answering(tmp_path):
    """Starts a process that answers /readyz and everything else with the given status."""
    started = []

    def start(ready, rest):
        command = (sys.executable, "-c", ANSWERS, str(ready), str(rest))
        daemon = DaemonProcess(
            command,
            broker_url="mqtt://127.0.0.1:1",
            topic_filter="plant/#",
            directory=tmp_path,
            speed=1200.0,
        )
        started.append(daemon.__enter__())
        return daemon

    yield start
    for daemon in started:
        daemon.stop()


def wait_until(condition):
    deadline = time.monotonic() + 30.0
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_port_that_does_not_answer_yet_means_not_ready_and_no_streams(tmp_path):
    daemon = DaemonProcess(
        (), broker_url="mqtt://127.0.0.1:1", topic_filter="#", directory=tmp_path, speed=1.0
    )
    assert not daemon.is_ready()
    assert daemon.streams() == []
    assert daemon.exit_code is None
    assert daemon.stop() is None


def test_an_error_instead_of_the_streams_is_a_failure_not_an_empty_list(daemon_answering):
    daemon = daemon_answering(200, 500)
    wait_until(daemon.is_ready)
    with pytest.raises(DaemonFailedError, match="GET /api/streams with status 500"):
        daemon.streams()


def test_the_command_gets_broker_and_topic_and_times_that_suit_the_plants_speed(daemon_answering):
    daemon = daemon_answering(200, 500)
    wait_until(daemon.is_ready)
    log = daemon.last_log_lines(100)
    assert log[0] == "--broker mqtt://127.0.0.1:1 --topic plant/# 500ms"


def test_it_ends_when_asked_to_and_tells_how(daemon_answering):
    daemon = daemon_answering(503, 503)
    wait_until(lambda: daemon.last_log_lines(1))
    assert not daemon.is_ready()
    assert daemon.stop() == -15
    assert daemon.exit_code == -15
