"""The examples of RFC 8428, section 5, in JSON and in CBOR, against what they resolve to, which the
RFC prints for that of section 5.1.3.

https://www.rfc-editor.org/rfc/rfc8428
"""

from __future__ import annotations

import json
from typing import Any

import cbor2
import pytest

from streamrnn.ingest import Ingest
from tests.ingest.messages import NOON, decode, ingest_of, message

SENSOR = "urn:dev:ow:10e2073a01080063"
METER = "urn:dev:ow:10e2073a0108006:"

Resolved = list[tuple[str, str, float, float]]  # name, unit, time, value


def placed(seconds: int, humidity: float, longitude: float, latitude: float) -> Resolved:
    time = 1320067464.0 + seconds
    return [
        (f"{SENSOR}.%RH", "%RH", time, humidity),
        (f"{SENSOR}.lon", "lon", time, longitude),
        (f"{SENSOR}.lat", "lat", time, latitude),
    ]


EXAMPLES: dict[str, tuple[str, Resolved]] = {
    "5.1.1 single datapoint": (
        '[{"n":"urn:dev:ow:10e2073a01080063","u":"Cel","v":23.1}]',
        [(SENSOR, "Cel", NOON, 23.1)],
    ),
    "5.1.2 multiple datapoints": (
        '[{"bn":"urn:dev:ow:10e2073a01080063:","n":"voltage","u":"V","v":120.1},'
        '{"n":"current","u":"A","v":1.2}]',
        [(f"{SENSOR}:voltage", "V", NOON, 120.1), (f"{SENSOR}:current", "A", NOON, 1.2)],
    ),
    "5.1.2 base time and base unit": (
        '[{"bn":"urn:dev:ow:10e2073a0108006:","bt":1.276020076001e+09,'
        '"bu":"A","bver":5,"n":"voltage","u":"V","v":120.1},'
        '{"n":"current","t":-5,"v":1.2},{"n":"current","t":-4,"v":1.3},'
        '{"n":"current","t":-3,"v":1.4},{"n":"current","t":-2,"v":1.5},'
        '{"n":"current","t":-1,"v":1.6},{"n":"current","v":1.7}]',
        [
            (f"{METER}voltage", "V", 1276020076.001, 120.1),
            (f"{METER}current", "A", 1276020071.001, 1.2),
            (f"{METER}current", "A", 1276020072.001, 1.3),
            (f"{METER}current", "A", 1276020073.001, 1.4),
            (f"{METER}current", "A", 1276020074.001, 1.5),
            (f"{METER}current", "A", 1276020075.001, 1.6),
            (f"{METER}current", "A", 1276020076.001, 1.7),
        ],
    ),
    "5.1.2 a stream": (
        '[{"bn":"urn:dev:ow:10e2073a01080063","bt":1.320067464e+09,"bu":"%RH","v":21.2},'
        '{"t":10,"v":21.3},{"t":20,"v":21.4},{"t":30,"v":21.4}]',
        [
            (SENSOR, "%RH", 1320067464.0, 21.2),
            (SENSOR, "%RH", 1320067474.0, 21.3),
            (SENSOR, "%RH", 1320067484.0, 21.4),
            (SENSOR, "%RH", 1320067494.0, 21.4),
        ],
    ),
    "5.1.3 multiple measurements": (
        '[{"bn":"urn:dev:ow:10e2073a01080063","bt":1.320067464e+09,"bu":"%RH","v":20},'
        '{"u":"lon","v":24.30621},{"u":"lat","v":60.07965},'
        '{"t":60,"v":20.3},{"u":"lon","t":60,"v":24.30622},{"u":"lat","t":60,"v":60.07965},'
        '{"t":120,"v":20.7},{"u":"lon","t":120,"v":24.30623},{"u":"lat","t":120,"v":60.07966},'
        '{"u":"%EL","t":150,"v":98},'
        '{"t":180,"v":21.2},{"u":"lon","t":180,"v":24.30628},{"u":"lat","t":180,"v":60.07967}]',
        [
            *placed(0, 20, 24.30621, 60.07965),
            *placed(60, 20.3, 24.30622, 60.07965),
            *placed(120, 20.7, 24.30623, 60.07966),
            (f"{SENSOR}.%EL", "%EL", 1320067614.0, 98),
            *placed(180, 21.2, 24.30628, 60.07967),
        ],
    ),
    "5.1.5 multiple data types": (
        '[{"bn":"urn:dev:ow:10e2073a01080063:","n":"temp","u":"Cel","v":23.1},'
        '{"n":"label","vs":"Machine Room"},{"n":"open","vb":false},'
        '{"n":"nfc-reader","vd":"aGkgCg"}]',
        [(f"{SENSOR}:temp", "Cel", NOON, 23.1), (f"{SENSOR}:open", "", NOON, 0)],
    ),
    "5.1.6 collection of resources": (
        '[{"bn":"2001:db8::2/","bt":1.320078429e+09,"n":"temperature","u":"Cel","v":25.2},'
        '{"n":"humidity","u":"%RH","v":30},'
        '{"bn":"2001:db8::1/","n":"temperature","u":"Cel","v":12.3},'
        '{"n":"humidity","u":"%RH","v":67}]',
        [
            ("2001:db8::2/temperature", "Cel", 1320078429.0, 25.2),
            ("2001:db8::2/humidity", "%RH", 1320078429.0, 30),
            ("2001:db8::1/temperature", "Cel", 1320078429.0, 12.3),
            ("2001:db8::1/humidity", "%RH", 1320078429.0, 67),
        ],
    ),
    "5.1.7 a set point": (
        '[{"bn":"urn:dev:ow:10e2073a01080063:"},{"n":"temp","u":"Cel","v":23.1},'
        '{"n":"heat","u":"/","v":1},{"n":"fan","u":"/","v":0}]',
        [
            (f"{SENSOR}:temp", "Cel", NOON, 23.1),
            (f"{SENSOR}:heat", "/", NOON, 1),
            (f"{SENSOR}:fan", "/", NOON, 0),
        ],
    ),
    "5.1.7 two lights on": (
        '[{"bt":1.320078429e+09,"bu":"/","n":"2001:db8::3","v":1},{"n":"2001:db8::4","v":1}]',
        [("2001:db8::3", "/", 1320078429.0, 1), ("2001:db8::4", "/", 1320078429.0, 1)],
    ),
    "5.1.7 two lights dimmed, then off": (
        '[{"bt":1.320078429e+09,"bu":"/","n":"2001:db8::3","v":0.5},{"n":"2001:db8::4","v":0.5},'
        '{"n":"2001:db8::3","t":0.1,"v":0},{"n":"2001:db8::4","t":0.1,"v":0}]',
        [
            ("2001:db8::3", "/", 1320078429.0, 0.5),
            ("2001:db8::4", "/", 1320078429.0, 0.5),
            ("2001:db8::3", "/", 1320078429.1, 0),
            ("2001:db8::4", "/", 1320078429.1, 0),
        ],
    ),
}
# Section 6, as printed, of the third of these examples.
CBOR = """
    87 a7 21 781b 75726e3a6465763a6f773a3130653230373361303130383030363a 22fb41d303a15b001062 23
    6141 20 05 00 67766f6c74616765 01 6156 02fb405e066666666666 a3 00 6763757272656e74 06 24
    02fb3ff3333333333333 a3 00 6763757272656e74 06 23 02fb3ff4cccccccccccd a3 00 6763757272656e74 06
    22 02fb3ff6666666666666 a3 00 6763757272656e74 06 21 02f93e00 a3 00 6763757272656e74 06 20
    02fb3ff999999999999a a3 00 6763757272656e74 06 00 02fb3ffb333333333333
"""
LABELS = {"bver": -1, "bn": -2, "bt": -3, "bu": -4, "n": 0, "u": 1, "v": 2, "vs": 3, "vb": 4}
LABELS |= {"t": 6, "vd": 8}
ALL = pytest.mark.parametrize(("pack", "resolved"), EXAMPLES.values(), ids=EXAMPLES)


def read(ingest: Ingest, payload: str | bytes) -> Resolved:
    return [
        (stream.removeprefix("s/"), ingest.infos[stream].unit, time, value)
        for stream, value, time in decode(ingest, message("s", payload))
    ]


def with_labels(pack: str) -> bytes:
    """In CBOR."""
    entries: list[dict[str, Any]] = json.loads(pack)
    return cbor2.dumps([{LABELS[key]: value for key, value in entry.items()} for entry in entries])


@ALL
def test_an_example_resolves_by_the_rules(pack: str, resolved: Resolved) -> None:
    assert read(ingest_of(), pack) == resolved


@ALL
def test_an_example_says_the_same_in_cbor(pack: str, resolved: Resolved) -> None:
    assert read(ingest_of(), with_labels(pack)) == resolved


def test_the_example_in_cbor_is_read_as_printed() -> None:
    _, resolved = EXAMPLES["5.1.2 base time and base unit"]
    found = read(ingest_of(), bytes.fromhex(CBOR))
    assert [each[:2] for each in found] == [each[:2] for each in resolved]
    numbers = [number for each in found for number in each[2:]]
    assert numbers == pytest.approx([number for each in resolved for number in each[2:]], abs=1e-6)


def test_what_is_resolved_already_says_the_same() -> None:
    """Section 5.1.4: each entry under the same full name, with its own unit and time."""
    _, resolved = EXAMPLES["5.1.3 multiple measurements"]
    pack = [{"n": SENSOR, "u": unit, "t": time, "v": value} for _, unit, time, value in resolved]
    assert read(ingest_of(), json.dumps(pack)) == resolved
