"""For every folder: real brokers as fixtures, and Hypothesis without deadlines."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.mosquitto import Certificates, Mosquitto, make_certificates, require_mosquitto

# Kernels compile for seconds inside whichever example comes first, and machines are busy. What
# decides on a change tries the same examples every time; everybody else's runs try new ones.
settings.register_profile(
    "streamrnn",
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
settings.load_profile("streamrnn")

StartMosquitto = Callable[..., Mosquitto]


@pytest.fixture
def start_mosquitto(tmp_path: Path) -> Iterator[StartMosquitto]:
    """Starts brokers with the arguments of `Mosquitto`; all end with the test."""
    require_mosquitto()
    with ExitStack() as brokers:

        def start(**arguments: Any) -> Mosquitto:
            folder = tmp_path / f"mosquitto-{len(list(tmp_path.glob('mosquitto-*')))}"
            broker = Mosquitto(folder, **arguments)
            brokers.callback(broker.kill)
            broker.start()
            return broker

        yield start


@pytest.fixture
def mosquitto(start_mosquitto: StartMosquitto) -> Mosquitto:
    """A broker that lets anybody do anything."""
    return start_mosquitto()


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """An authority, with a server's (localhost, 127.0.0.1) and a client's certificate."""
    return make_certificates(tmp_path_factory.mktemp("certificates"))
