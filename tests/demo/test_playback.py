import json

from streamrnn.demo.faults import Fault, FaultKind, FaultSchedule
from streamrnn.demo.plant import Plant
from streamrnn.demo.playback import publications

HOUR = 3600.0
WIRE_BROKEN = Fault(
    "plant/hall/climate/temperature", FaultKind.OUT_OF_RANGE, HOUR, HOUR, -127.0, "wire broken"
)


def test_publications_are_in_order_and_every_device_keeps_its_interval():
    plant = Plant(1)
    published = list(publications(plant, FaultSchedule(()), 3.0 * HOUR))
    assert [p.at for p in published] == sorted(p.at for p in published)
    for device in plant.devices:
        count = sum(publication.topic == device.topic for publication in published)
        assert count == 3.0 * HOUR / device.interval


def test_a_fault_shows_in_its_field_alone_and_is_named_with_each_message_it_distorts():
    clean = list(publications(Plant(1), FaultSchedule(()), 3.0 * HOUR))
    broken = list(publications(Plant(1), FaultSchedule((WIRE_BROKEN,)), 3.0 * HOUR))
    distorted = [pair for pair in zip(clean, broken, strict=True) if pair[1].faults]
    assert len(distorted) == 60
    for before, after in distorted:
        assert after.faults == (WIRE_BROKEN,)
        expected = json.loads(before.payload) | {"temperature": -127.0}
        assert json.loads(after.payload) == expected
    for before, after in zip(clean, broken, strict=True):
        assert after.faults or after == before
