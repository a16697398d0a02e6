"""One event, one line, nothing lost in it."""

from __future__ import annotations

import io
import json
import logging
import math
from collections.abc import Iterator, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamrnn.config import LogConfig
from streamrnn.service.logs import JsonFormatter, LogfmtFormatter, RateLimited, configure

KEYS = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
DATA = st.dictionaries(KEYS.filter(lambda key: key not in {"ts", "level", "event"}), st.text())


def record(
    event: str,
    data: Mapping[str, object] | None = None,
    *,
    name: str = "streamrnn.service.loop",
    error: BaseException | None = None,
) -> logging.LogRecord:
    exc_info = (type(error), error, error.__traceback__) if error else None
    made = logging.LogRecord(name, logging.INFO, "", 0, event, None, exc_info)
    made.created = 1_767_323_045.678
    if data is not None:
        made.data = data
    return made


def parse_logfmt(line: str) -> dict[str, str]:
    """A naive reader: a value is a JSON string or ends at the next space."""
    fields = {}
    while line:
        key, _, rest = line.partition("=")
        if rest.startswith('"'):
            value, end = json.JSONDecoder().raw_decode(rest)
            line = rest[end:].removeprefix(" ")
        else:
            value, _, line = rest.partition(" ")
        assert key not in fields
        fields[key] = value
    return fields


@pytest.mark.parametrize("formatter", [LogfmtFormatter(), JsonFormatter()])
def test_no_text_from_outside_makes_a_line_long(formatter: logging.Formatter) -> None:
    data = {"topic": "x" * 65_535, "problem": ValueError("y" * 65_535)}
    assert len(formatter.format(record("dropped", data))) < 2500


def test_a_line_reads_as_documented() -> None:
    line = LogfmtFormatter().format(
        record("connected", {"broker": "mqtt://plant:1883", "session": "resumed", "after": 1.5})
    )
    assert line == (
        "ts=2026-01-02T03:04:05.678Z level=info event=connected "
        "broker=mqtt://plant:1883 session=resumed after=1.5"
    )


def test_a_json_line_carries_the_same_fields_with_their_types() -> None:
    line = JsonFormatter().format(
        record("connected", {"broker": "mqtt://plant:1883", "after": 1.5, "resumed": True})
    )
    assert json.loads(line) == {
        "ts": "2026-01-02T03:04:05.678Z",
        "level": "info",
        "event": "connected",
        "broker": "mqtt://plant:1883",
        "after": 1.5,
        "resumed": True,
    }


@given(event=st.text(), data=DATA)
def test_logfmt_reads_back_to_the_same_fields_and_is_one_line(
    event: str, data: dict[str, str]
) -> None:
    line = LogfmtFormatter().format(record(event, data))
    fields = parse_logfmt(line)
    assert fields.pop("ts")
    assert fields.pop("level") == "info"
    assert fields.pop("event") == event
    assert fields == data
    assert len(line.splitlines()) == 1
    line.encode()


@given(event=st.text(), data=DATA)
def test_json_reads_back_to_the_same_fields_and_is_one_line(
    event: str, data: dict[str, str]
) -> None:
    line = JsonFormatter().format(record(event, data))
    fields = json.loads(line)
    assert {key: fields[key] for key in data} == data
    assert len(line.splitlines()) == 1
    line.encode()


@given(st.text())
def test_a_logfmt_line_cannot_steer_a_terminal(text: str) -> None:
    line = LogfmtFormatter().format(record("rejected", {"topic": f"\x1b[2J{text}\u202e"}))
    assert not {"\x1b", "\u202e", "\x9b"} & set(line)


@pytest.mark.parametrize("formatter", [LogfmtFormatter(), JsonFormatter()])
def test_an_exception_becomes_one_field(formatter: logging.Formatter) -> None:
    try:
        raise ValueError("first line\nsecond line")
    except ValueError as error:
        line = formatter.format(record("crashed", error=error))
    assert len(line.splitlines()) == 1
    read = json.loads if line.startswith("{") else parse_logfmt
    assert "ValueError: first line\nsecond line" in read(line)["exception"]


def test_values_that_are_not_text_keep_their_meaning() -> None:
    data = {"n": None, "yes": True, "list": [1, "a b"], "nan": math.nan, "odd": "", "quote": 'a"b'}
    assert (
        parse_logfmt(LogfmtFormatter().format(record("e", data))).items()
        >= {
            "n": "null",
            "yes": "true",
            "list": '[1, "a b"]',
            "nan": "nan",
            "odd": "",
            "quote": 'a"b',
        }.items()
    )
    assert json.loads(JsonFormatter().format(record("e", {"deep": {"nan": [math.nan]}})))[
        "deep"
    ] == {"nan": [None]}


def test_a_field_cannot_replace_the_level_and_a_key_stays_one_word() -> None:
    fields = parse_logfmt(LogfmtFormatter().format(record("e", {"level": 3, "a b=": 1})))
    assert fields["level"] == "info"
    assert fields["level_"] == "3"
    assert fields["a_b_"] == "1"


def test_the_lines_of_libraries_name_their_source() -> None:
    assert "logger=paho.mqtt" in LogfmtFormatter().format(record("e", name="paho.mqtt"))


@pytest.fixture
def loggers_put_back() -> Iterator[None]:
    loggers = [logging.getLogger(name) for name in ("streamrnn", "uvicorn", "paho", "asyncio")]
    before = [(logger, logger.handlers, logger.propagate, logger.level) for logger in loggers]
    yield
    for logger, handlers, propagate, level in before:
        logger.handlers, logger.propagate = handlers, propagate
        logger.setLevel(level)


@pytest.mark.usefixtures("loggers_put_back")
def test_configure_sends_ours_and_the_libraries_lines_to_the_stream() -> None:
    stream = io.StringIO()
    configure(LogConfig(level="info"), stream)
    logging.getLogger("streamrnn.service.loop").info("started")
    logging.getLogger("streamrnn.service.loop").debug("too_fine")
    logging.getLogger("paho.mqtt").warning("lost")
    logging.getLogger("uvicorn.error").warning("Invalid HTTP request received.")
    events = [parse_logfmt(line)["event"] for line in stream.getvalue().splitlines()]
    assert events == ["started", "lost"]


@pytest.mark.usefixtures("loggers_put_back")
def test_configuring_again_replaces_what_was_there() -> None:
    before, after = io.StringIO(), io.StringIO()
    configure(LogConfig(), before)
    configure(LogConfig(format="json", level="debug"), after)
    logging.getLogger("streamrnn").debug("reloaded")
    assert before.getvalue() == ""
    assert json.loads(after.getvalue())["event"] == "reloaded"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Collected(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.data: list[dict[str, object]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.data.append(record.__dict__["data"])


@pytest.fixture
def limited() -> tuple[RateLimited, Clock, Collected]:
    logger = logging.Logger("private")
    collected = Collected()
    logger.addHandler(collected)
    clock = Clock()
    return RateLimited(logger, clock, lines=2, interval_seconds=60), clock, collected


Limited = tuple[RateLimited, Clock, Collected]


def test_after_some_lines_a_key_is_silent_until_the_interval_is_over(limited: Limited) -> None:
    rate_limited, clock, collected = limited
    for n in range(10):
        rate_limited.log(logging.WARNING, "rejected", "not_utf8", {"n": n})
    clock.now = 60
    rate_limited.log(logging.WARNING, "rejected", "not_utf8", {"n": 10})
    assert collected.data == [{"n": 0}, {"n": 1}, {"n": 10, "suppressed": 8}]


def test_one_key_does_not_silence_another(limited: Limited) -> None:
    rate_limited, _, collected = limited
    for _ in range(3):
        rate_limited.log(logging.WARNING, "rejected", "not_utf8", {"key": "a"})
    rate_limited.log(logging.WARNING, "rejected", "empty", {"key": "b"})
    assert [data["key"] for data in collected.data] == ["a", "a", "b"]


def test_what_was_held_back_of_a_key_that_fell_silent_is_told_once(limited: Limited) -> None:
    rate_limited, clock, collected = limited
    for _ in range(5):
        rate_limited.log(logging.WARNING, "rejected", "not_utf8", {})
    rate_limited.flush()
    assert collected.data == [{}, {}]
    clock.now = 60
    rate_limited.flush()
    rate_limited.flush()
    assert collected.data[2:] == [{"key": "not_utf8", "suppressed": 3}]


@given(gaps=st.lists(st.sampled_from([0.0, 1.0, 20.0, 61.0]), max_size=60))
def test_every_event_is_either_logged_or_counted(gaps: list[float]) -> None:
    logger, collected, clock = logging.Logger("private"), Collected(), Clock()
    logger.addHandler(collected)
    rate_limited = RateLimited(logger, clock, lines=2, interval_seconds=60)
    for gap in gaps:
        clock.now += gap
        rate_limited.log(logging.WARNING, "rejected", "empty", {"one": 1})
    clock.now += 60
    rate_limited.flush()
    told = sum(int(str(d.get("one", 0))) + int(str(d.get("suppressed", 0))) for d in collected.data)
    assert told == len(gaps)
