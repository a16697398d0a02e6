import signal
import subprocess
import sys

import pytest

from streamrnn.config import MqttConfig
from streamrnn.demo import feed_plant
from streamrnn.demo.broker import free_port
from streamrnn.errors import BrokerError, ConfigError


def test_the_plant_is_published_to_a_broker_of_ones_own(broker, heard):
    command = [sys.executable, "-m", "streamrnn", "demo", "--broker", broker.url, "--seed", "2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        payloads = [heard.get(timeout=60) for _ in range(20)]
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert all(payloads)
    assert f"13 streams to {broker.url}" in out
    assert "Faults to come" in out


def test_without_a_broker_it_says_so():
    broker = MqttConfig(broker=f"mqtt://127.0.0.1:{free_port()}")
    with pytest.raises(BrokerError, match="the plant cannot reach"):
        feed_plant(broker, minutes=1.0, speed=60.0, seed=1)


def test_no_time_is_a_mistake():
    with pytest.raises(ConfigError, match="speed"):
        feed_plant(MqttConfig(), minutes=1.0, speed=0.0, seed=1)
