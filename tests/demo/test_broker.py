import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from queue import Queue

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from streamrnn.demo.broker import EmbeddedBroker

LISTEN = "0A"


def listening_addresses(port):
    """Hexadecimal local addresses with a listening socket at the port, IPv4 and IPv6."""
    addresses = []
    for table in ("tcp", "tcp6"):
        path = Path("/proc/net") / table
        if not path.exists():
            continue
        for row in path.read_text().splitlines()[1:]:
            _, local, _, state, *_ = row.split()
            address, hex_port = local.split(":")
            if state == LISTEN and int(hex_port, 16) == port:
                addresses.append(address)
    return addresses


def test_it_listens_on_the_loopback_address_and_nowhere_else(broker):
    loopback = int.from_bytes(socket.inet_aton("127.0.0.1"), sys.byteorder)
    assert listening_addresses(broker.port) == [f"{loopback:08X}"]


@pytest.mark.parametrize("qos", [0, 1])
def test_a_client_hears_what_another_publishes(broker, qos):
    heard = Queue()
    subscribed = Queue()
    listener = mqtt.Client(CallbackAPIVersion.VERSION2)
    listener.on_subscribe = lambda *rest: subscribed.put(True)
    listener.on_message = lambda client, userdata, message: heard.put(
        (message.topic, message.payload)
    )
    listener.connect("127.0.0.1", broker.port)
    listener.subscribe("plant/#", qos)
    listener.loop_start()
    assert subscribed.get(timeout=20)
    speaker = mqtt.Client(CallbackAPIVersion.VERSION2)
    speaker.connect("127.0.0.1", broker.port)
    speaker.loop_start()
    speaker.publish("plant/tank/level", b"71.5", qos)
    assert heard.get(timeout=20) == ("plant/tank/level", b"71.5")
    for client in (speaker, listener):
        client.disconnect()
        client.loop_stop()


def test_it_is_gone_after_the_block():
    pytest.importorskip("iotcore")
    with EmbeddedBroker() as broker:
        assert broker.is_running
    assert not broker.is_running
    assert listening_addresses(broker.port) == []


def test_two_brokers_get_different_ports(broker):
    with EmbeddedBroker() as second:
        assert second.port != broker.port
        assert second.url == f"mqtt://127.0.0.1:{second.port}"


def test_without_iotcore_the_error_names_the_extra_to_install():
    program = (
        "import sys\n"
        "sys.modules['iotcore'] = None\n"
        "from streamrnn.demo.broker import EmbeddedBroker\n"
        "from streamrnn.errors import StreamrnnError\n"
        "try:\n"
        "    EmbeddedBroker().__enter__()\n"
        "except StreamrnnError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert "pip install 'streamrnn[broker]'" in done.stdout


def blocked_signals_of_the_broker():
    """The signals that the child process running the broker has blocked."""
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            command = (status.parent / "cmdline").read_text()
            fields = dict(line.split(":\t", 1) for line in status.read_text().splitlines())
        except (FileNotFoundError, ProcessLookupError):
            continue  # ended while we looked
        if int(fields["PPid"]) == os.getpid() and "iotcore._serve" in command:
            mask = int(fields["SigBlk"], 16)
            return {number for number in signal.valid_signals() if mask >> (number - 1) & 1}
    raise AssertionError("the broker's process was not found")


def test_ctrl_c_in_the_terminal_does_not_reach_it_and_we_still_hear_it(broker):
    assert {signal.SIGINT, signal.SIGHUP} <= blocked_signals_of_the_broker()
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())
