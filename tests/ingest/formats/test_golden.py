"""Messages from the public documentation of each format, and what becomes of them.

The messages of one file reach one ingest in their order, as one after the other from a broker.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, get_args

import pytest

from streamrnn.config import SourceConfig
from streamrnn.config.source import PayloadFormat
from streamrnn.ingest import Ingest
from streamrnn.ingest.detection import FORMATS
from streamrnn.records import Message, Readings
from tests.ingest.messages import NOON, ingest_of, message

GOLDEN = sorted((Path(__file__).parent.parent / "golden").glob("*.toml"))
BY_SEVERAL = {"binary"}  # files of more than one format


def messages_in(file: Path) -> list[dict[str, Any]]:
    return tomllib.loads(file.read_text())["message"]


def as_message(said: dict[str, Any]) -> Message:
    payload = bytes.fromhex(said["hex"]) if "hex" in said else said["payload"].strip("\n").encode()
    return message(said["topic"], payload, at=NOON, retain=said.get("retain", False))


def ingest_for(file: Path) -> Ingest:
    """Where a message names its format, its source does."""
    fixed = [
        SourceConfig(topic=said["topic"], format=said["format"])
        for said in messages_in(file)
        if "format" in said and said["topic"] != "s"
    ]
    return ingest_of(*fixed, SourceConfig(topic="#"))


@pytest.mark.parametrize("file", GOLDEN, ids=lambda file: file.stem)
def test_documented_messages_become_what_their_documentation_says(file: Path) -> None:
    ingest = ingest_for(file)
    for said in messages_in(file):
        if said.get("format") and said["topic"] == "s":
            ingest = ingest_of(SourceConfig(topic="#", format=said["format"]))
        check(ingest, said, said.get("expected_format", file.stem))


def check(ingest: Ingest, said: dict[str, Any], format_name: str) -> None:
    into = Readings([], [], [])
    ingest.last_rejects.clear()
    ingest.decode(as_message(said), into)
    about = said["about"]
    found = dict(zip(into.streams, into.values, strict=True))
    expected = said.get("streams", {})
    assert found == {stream: value for stream, (value, _) in expected.items()}, about
    assert [reject.reason for reject in ingest.last_rejects] == said.get("rejects", []), about
    times = said.get("times", [said.get("time", NOON)] * len(into.times))
    assert into.times == pytest.approx(times, abs=1e-6), about
    for stream, (_, unit) in expected.items():
        info = ingest.infos[stream]
        assert info.unit == unit, about
        if "device" in said:
            assert (info.device, info.format) == (said["device"], format_name), about
        if "expected_format" in said:
            assert info.format == format_name, about
        assert info.name == said.get("names", {}).get(stream, info.name), about


def test_every_format_has_golden_messages_of_its_own() -> None:
    told = {file.stem for file in GOLDEN} - BY_SEVERAL
    told |= {
        said["expected_format"]
        for file in GOLDEN
        for said in messages_in(file)
        if "expected_format" in said
    }
    tested_elsewhere = {"bare", "json", "sparkplug_b"}
    assert told | tested_elsewhere == {make().name for make in FORMATS}


def test_the_settings_know_every_format_by_its_name() -> None:
    assert set(get_args(PayloadFormat)) == {"auto", *(make().name for make in FORMATS)}
