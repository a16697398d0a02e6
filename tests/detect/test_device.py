from __future__ import annotations

from streamrnn.config import GroupConfig
from streamrnn.detect.device import device_of

BOILER = GroupConfig(name="boiler", streams=("hall/*",))


def test_a_group_comes_first_then_what_messages_told_then_the_name() -> None:
    assert device_of("hall/a/power", "meter 7", (BOILER,)) == "boiler"
    assert device_of("roof/a/power", "meter 7", (BOILER,)) == "meter 7"
    assert device_of("roof/a/power", "", (BOILER,)) == "roof/a"
    assert device_of("power") == "power"
