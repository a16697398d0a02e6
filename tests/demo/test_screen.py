import io
import re
from datetime import UTC, datetime

import pytest
from rich.console import Console

from streamrnn.demo.daemon import StreamState
from streamrnn.demo.faults import Fault, FaultKind, FaultSchedule
from streamrnn.demo.listener import HeardEvent
from streamrnn.demo.report import Alarm, Finding, Outcome, Report
from streamrnn.demo.screen import Screen, clock
from streamrnn.records import EventType

LONG = "plant/hall/climate/temperature"
FAULT = Fault(LONG, FaultKind.OUT_OF_RANGE, 7200.0, 3600.0, -127.0, "wire broken")
OTHER = Fault("plant/tank/level", FaultKind.STUCK, 9000.0, 60.0, 0.0, "float jammed")
SENTENCE = f"{LONG} is -127.0, expected 20.1 (19.8 to 20.4): out_of_range. " + "Snooze it. " * 10


class Output:
    """A screen of 80 columns on a file, and the lines it printed."""

    def __init__(self, terminal=False):
        self.file = io.StringIO()
        self.screen = Screen(Console(file=self.file, width=80, force_terminal=terminal), 1200.0)

    def lines(self):
        return [line.rstrip() for line in self.file.getvalue().splitlines()]


def state(name, warm_up):
    return StreamState(name, "warming", False, warm_up, 1.0, None, 0.0)


def event(type_):
    return HeardEvent("a", type_, LONG, "out_of_range", datetime(2026, 1, 1, tzinfo=UTC), SENTENCE)


def test_the_schedule_fits_into_80_columns_uncut():
    output = Output()
    schedule = FaultSchedule.plan(60.0 * 3600.0, seed=1)
    output.screen.schedule(schedule)
    rows = output.lines()[2:-1]
    for row, fault in zip(rows, schedule.faults, strict=True):
        assert re.match(rf"\d\d:\d\d  +\d\.\d s  {fault.stream} +{fault.kind} +{fault.story}$", row)


def test_an_alert_is_one_line_however_long_its_sentence():
    output = Output()
    output.screen.event(event(EventType.NEW), 75.0)
    output.screen.event(event(EventType.UPDATE), 76.0)
    output.screen.event(event(EventType.END), 77.0)
    assert output.lines() == [
        f"01:15  ALERT    {SENTENCE}".rstrip(),
        f"01:16  kind     {SENTENCE}".rstrip(),
        f"01:17  over     {SENTENCE}".rstrip(),
    ]


def test_a_sentence_with_brackets_is_printed_as_it_is():
    output = Output()
    output.screen.line("[bold]tank[/bold] [/] is [19, 20]")
    assert output.lines() == ["[bold]tank[/bold] [/] is [19, 20]"]


def test_warm_up_is_told_in_quarters_and_full_only_when_all_streams_are_ready():
    output = Output()
    output.screen.streams([], 0.0)
    for second, warm_up in enumerate([0.1, 0.3, 0.4, 0.6, 0.99, 0.999, 1.0, 1.0]):
        output.screen.streams([state("a", warm_up), state("b", 1.0)], second)
    assert output.lines() == [
        "00:00  warm-up  50%: 1 of 2 streams ready",
        "00:03  warm-up  75%: 1 of 2 streams ready",
        "00:06  warm-up  100%: 2 of 2 streams ready",
    ]


def test_the_report_counts_what_it_shows():
    output = Output()
    report = Report(
        findings=(
            Finding(FAULT, Outcome.FOUND, "out_of_range", 0.1),
            Finding(OTHER, Outcome.MISSED),
            Finding(OTHER, Outcome.AT_ITS_END),
            Finding(OTHER, Outcome.NOT_REACHED),
        ),
        aftermath=(),
        early_alarms=(Alarm("plant/dock/door", "unexpected", 1.0),) * 3,
        other_alarms=(Alarm("plant/dock/door", "unexpected", 5.0),) * 2,
    )
    output.screen.report(report, {LONG: 60.0, "plant/tank/level": 60.0}, 12345)
    text = "\n".join(output.lines())
    assert "out of range         3  out_of_range" in text
    assert "stuck                   missed" in text
    assert "stuck                   at its end" in text
    assert "Found 1 of 3 faults while they lasted, and 1 at the end (readings" in text
    assert "Alarms outside of faults, in 12,345 messages:" in text
    assert "    3  before the first fault" in text
    assert "    0  when a stream went back to normal" in text
    assert "    2  others\n        2  plant/dock/door" in text


def test_a_terminal_shows_the_streams_live():
    output = Output(terminal=True)
    with output.screen:
        output.screen.streams([state("plant/tank/level", 0.5)], 3.0)
    text = output.file.getvalue()
    assert "plant/tank/level" in text
    assert "Ctrl-C ends the demo" in text


@pytest.mark.parametrize(("seconds", "text"), [(0, "00:00"), (59.9, "00:59"), (3661, "61:01")])
def test_times_are_minutes_and_seconds(seconds, text):
    assert clock(seconds) == text
