"""docs/payloads.md: every example is true, and every format has its section."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import pytest

from streamrnn.ingest import Ingest
from streamrnn.ingest.detection import FORMATS
from streamrnn.records import Readings
from tests.ingest.messages import NOON, ingest_of, message

PAGE = (Path(__file__).parents[2] / "docs" / "payloads.md").read_text()
EXAMPLES = [block for block in re.findall(r"```\n(.*?)```", PAGE, re.DOTALL) if "topic  " in block]


class Reader:
    """Follows an example line by line."""

    def __init__(self, ingest: Ingest) -> None:
        self._ingest = ingest
        self._topic = ""
        self.said: set[str] = set()
        self.times: set[str] = set()
        self.found: set[str] = set()
        self.found_times: set[float] = set()

    def read(self, line: str) -> None:
        word, _, rest = line.partition(" ")
        rest = rest.strip()
        match word:
            case "topic":
                self._topic = rest
            case "payload":
                self._decode(rest.replace(r"\n", "\n").encode())
            case "hex":
                self._decode(bytes.fromhex(rest))
            case "becomes":
                self.said.add(rest)
            case "left":
                assert rest == f"out {self._ingest.last_rejects[-1].reason}"
            case "time":
                self.times.add(rest)

    def _decode(self, payload: bytes) -> None:
        into = Readings([], [], [])
        self._ingest.decode(message(self._topic, payload, at=NOON), into)
        last = dict(zip(into.streams, into.values, strict=True))
        infos = self._ingest.infos
        told = {f"{name} = {value:.15g} {infos[name].unit}".strip() for name, value in last.items()}
        # Several payloads of one topic: what the last of them becomes is told.
        self.found = {line for line in self.found if not line.startswith(self._topic)} | told
        self.found_times = set(into.times)


def unix(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.split()[1])
def test_an_example_is_true(example: str) -> None:
    reader = Reader(ingest_of())
    for line in example.strip().splitlines():
        reader.read(line)
    assert reader.found == reader.said
    if reader.times:
        assert reader.found_times == {unix(text) for text in reader.times}


def test_every_format_stands_on_the_page() -> None:
    table = PAGE.partition("## Formats")[2].partition("They are asked")[0]
    listed = re.findall(
        r"`([a-z0-9_]+)`", "".join(re.findall(r"^\| (.*?) \|", table, re.MULTILINE))
    )
    assert [name for name in listed if name != "format"] == [make().name for make in FORMATS]
