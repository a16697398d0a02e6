import pytest

from streamrnn.demo.broker import EmbeddedBroker


@pytest.fixture
def broker():
    pytest.importorskip("iotcore")
    with EmbeddedBroker() as broker:
        yield broker
