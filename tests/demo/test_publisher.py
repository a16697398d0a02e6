import time

import pytest

from streamrnn.demo.broker import free_port
from streamrnn.demo.faults import Fault, FaultKind
from streamrnn.demo.playback import Publication
from streamrnn.demo.publisher import Injection, Publisher
from streamrnn.errors import BrokerError

FAULT = Fault("plant/a", FaultKind.STUCK, 2.0, 2.0, 0.0, "test")


def publication(at, *faults):
    return Publication(float(at), "plant/a", f"{at}".encode(), faults)


def finish(publisher):
    deadline = time.monotonic() + 20.0
    while publisher.is_running:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    publisher.stop()


def test_everything_is_published_in_order(broker, heard):
    publisher = Publisher(map(publication, range(50)), broker.port, speed=200.0)
    publisher.start()
    finish(publisher)
    assert [heard.get(timeout=20) for _ in range(50)] == [b"%d" % n for n in range(50)]
    assert publisher.published == 50
    assert publisher.plant_time == 49.0


def test_an_injection_has_the_clock_of_its_first_and_last_distorted_message(broker):
    ticks = iter(range(100, 200))
    publications = [publication(at, *([FAULT] if 2 <= at < 5 else [])) for at in range(8)]
    publisher = Publisher(publications, broker.port, speed=1000.0, clock=lambda: next(ticks))
    publisher.start()
    finish(publisher)
    assert publisher.injections() == [Injection(FAULT, 102, 104)]


def test_it_stops_at_once_while_it_waits_for_the_next_message(broker, heard):
    publisher = Publisher([publication(0), publication(1e9)], broker.port, speed=1.0)
    publisher.start()
    assert heard.get(timeout=20) == b"0"
    publisher.stop()
    assert not publisher.is_running
    assert publisher.published == 1


def test_an_error_in_the_plant_is_raised_by_stop(broker):
    def broken():
        yield publication(0)
        raise ZeroDivisionError

    publisher = Publisher(broken(), broker.port, speed=1.0)
    publisher.start()
    with pytest.raises(ZeroDivisionError):
        finish(publisher)


def test_without_a_broker_it_says_so():
    with pytest.raises(BrokerError, match=r"the plant cannot reach 127\.0\.0\.1"):
        Publisher([], free_port(), speed=1.0).start()


def test_stopping_before_the_start_does_nothing():
    Publisher([], free_port(), speed=1.0).stop()
