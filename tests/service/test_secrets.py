"""A daemon that is given every kind of secret, in good times and bad: where do they turn up?"""

from __future__ import annotations

import json
import math
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from signal import SIGHUP
from urllib.parse import quote

import numpy as np
import pytest

from tests.conftest import StartMosquitto
from tests.daemon_process import DaemonProcess, daemon
from tests.mosquitto import Mosquitto
from tests.service.mqtt_peers import Peer
from tests.service.sinks.receiver import Answer, Receiver

WARM = 300
USER = "gateway"
SECRETS = {
    "wrong-mqtt": "mistyped/pässword 0123",
    "mqtt": "the+broker/pässword 4567",
    "http": "http-token-89abcdef0123",
    "webhook": "webhook-token-456789ab",
    "slack": "T0001/B0002/slack-path-cdef0123",
    "influx": "influx-token==456789ab",
    "typed": "typed-into-the-settings",
}
PATHS = ["/", "/page.js", "/metrics", "/healthz", "/readyz", "/api/overview", "/api/streams", "/x"]


def forms(secret: str) -> Iterator[bytes]:
    """As it is, and as it may travel."""
    for text in (secret, f"{USER}:{secret}", f":{secret}"):
        yield b64encode(text.encode()).rstrip(b"=")
    for text in (secret, quote(secret), quote(secret, safe=""), json.dumps(secret)[1:-1]):
        yield text.encode()
        yield text.encode("latin-1", "replace")


def secret_file(folder: Path, name: str, text: str) -> Path:
    file = folder / "secrets" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"{text}\n", "utf-8")
    file.chmod(0o600)
    return file


def settings(folder: Path, broker: Mosquitto, urls: dict[str, str]) -> str:
    file = {name: secret_file(folder, name, secret) for name, secret in SECRETS.items()}
    file["mqtt"].write_text(SECRETS["wrong-mqtt"], "utf-8")
    file["slack"].write_text(f"{urls['slack']}/{SECRETS['slack']}", "utf-8")
    return f"""
        [mqtt]
        broker = "{broker.url}"
        user = "{USER}"
        password_file = "{file["mqtt"]}"
        [[source]]
        topic = "plant/#"
        [detector]
        warm_up = 60
        [[webhook]]
        name = "phone"
        url = "{urls["webhook"]}/phone"
        token_file = "{file["webhook"]}"
        [[webhook]]
        name = "chat"
        template = "slack"
        url_file = "{file["slack"]}"
        [influxdb]
        url = "{urls["influx"]}"
        token_file = "{file["influx"]}"
        flush_every = "100ms"
        [http]
        token_file = "{file["http"]}"
        [log]
        level = "debug"
        """


def publish_a_fault(peer: Peer) -> None:
    noise = np.random.default_rng(0).normal(0.0, 0.1, WARM + 5)
    start = time.time() - WARM - 5
    for t in range(WARM + 5):
        value = math.sin(t / 10) + noise[t] + 9.0 * (t >= WARM)
        peer.publish("plant/freezer", json.dumps({"value": value, "time": start + t}))


def check_config(process: DaemonProcess) -> bytes:
    command = [sys.executable, "-m", "streamrnn", "check-config", "-c", str(process.settings)]
    done = subprocess.run(command, capture_output=True, check=False)
    return done.stdout + done.stderr


def look_around(process: DaemonProcess) -> dict[str, bytes]:
    """What others see of a running daemon: over HTTP with the token and without, in `ps`."""
    assert process.process is not None
    proc = Path(f"/proc/{process.process.pid}")
    seen = {name: (proc / name).read_bytes() for name in ("cmdline", "environ", "status")}
    seen |= {path: process.get(path)[1].encode() for path in PATHS}
    process.headers = {"authorization": "Bearer wrong"}
    return seen | {f"{path} refused": process.get(path)[1].encode() for path in PATHS}


def reload_with_a_password_typed_in(process: DaemonProcess) -> None:
    text = process.settings.read_text()
    text = text.replace("[mqtt]", f'[mqtt]\npassword = "{SECRETS["typed"]}"')
    process.settings.write_text(text.replace("mqtt://", f"mqtt://u:{SECRETS['typed']}@"))
    process.send(SIGHUP)
    process.wait_until(lambda: "reload_refused" in process.log.read_text(), "a refusal")


@pytest.mark.broker
def test_no_secret_is_shown_to_anybody_but_its_receiver(
    start_mosquitto: StartMosquitto, tmp_path: Path
) -> None:
    broker = start_mosquitto(users={USER: SECRETS["mqtt"]}, settings="allow_anonymous true")
    with ExitStack() as stack:
        receivers = {
            name: stack.enter_context(Receiver(*[Answer(401, f"no {SECRETS[name]}".encode())] * 2))
            for name in ("webhook", "slack", "influx")  # tactless: each repeats what it was shown
        }
        peer = stack.enter_context(Peer(broker, "#"))
        urls = {name: receiver.url for name, receiver in receivers.items()}
        process = stack.enter_context(daemon(tmp_path / "run", settings(tmp_path, broker, urls)))
        process.wait_until(lambda: "Not auth" in process.log.read_text(), "a wrong password")
        (tmp_path / "secrets" / "mqtt").write_text(SECRETS["mqtt"], "utf-8")
        process.headers = {"authorization": f"Bearer {SECRETS['http']}"}
        process.wait_ready()
        publish_a_fault(peer)
        for name, receiver in receivers.items():
            process.wait_until(lambda r=receiver: len(r.received) >= 3, f"{name}, refused twice")
        seen = {"check-config": check_config(process)}
        reload_with_a_password_typed_in(process)
        seen["check-config with a mistake"] = check_config(process)
        seen |= look_around(process)
        assert process.stop() == 0
        seen["log"] = process.log.read_bytes()
        seen["MQTT"] = b"\n".join(f"{topic} ".encode() + text for topic, text, _ in peer.heard)
    state = tmp_path / "run" / "state"
    seen |= {str(file): file.read_bytes() for file in state.rglob("*") if file.is_file()}
    assert [path.name for path in (state, *state.rglob("*")) if path.stat().st_mode & 0o077] == []

    # The secrets were used, and each place has what belongs there.
    received = {name: receiver.received[0] for name, receiver in receivers.items()}
    assert received["webhook"].headers["authorization"] == f"Bearer {SECRETS['webhook']}"
    assert received["influx"].headers["authorization"] == f"Token {SECRETS['influx']}"
    assert received["slack"].path == f"/{SECRETS['slack']}"
    assert b"webhook  phone" in seen["check-config"]
    assert b"unknown setting" in seen["check-config with a mistake"]
    assert b"webhook:phone" in seen["log"]
    assert b"streamrnn/gw/events" in seen["MQTT"]
    assert b"freezer" in seen["/metrics"]
    assert b"freezer" not in seen["/metrics refused"]
    assert [
        f"{name} in {place}"
        for place, content in seen.items()
        for name, secret in SECRETS.items()
        if any(form in content for form in forms(secret))
    ] == []
