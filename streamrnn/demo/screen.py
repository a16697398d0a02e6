"""What the demo shows: on a terminal, a live table under scrolling lines; elsewhere, only lines.

Everything fits into 80 columns except the daemon's own sentences.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from types import TracebackType

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from streamrnn.demo.daemon import StreamState
from streamrnn.demo.faults import Fault, FaultSchedule
from streamrnn.demo.listener import HeardEvent
from streamrnn.demo.report import Finding, Outcome, Report
from streamrnn.records import EventType

_BAR_WIDTH = 12
_WARM_UP_STEP = 0.25
_LABELS = {
    EventType.NEW: ("ALERT", "bold red"),
    EventType.UPDATE: ("kind", "magenta"),
    EventType.END: ("over", "green"),
}


class Screen:
    """Prints to one console; use it as a context so that the live table ends with the run.

    speed: plant seconds per second. All times shown are real, counted from the plant's start.
    """

    def __init__(self, console: Console, speed: float) -> None:
        self._console = console
        self._speed = speed
        self._live = Live(console=console, auto_refresh=False, transient=True)
        self._warm_up_shown = 0.0

    def __enter__(self) -> Screen:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._live.stop()

    def line(self, text: str | Text) -> None:
        """One line, never cut."""
        self._console.print(text, soft_wrap=True, highlight=False, markup=False)

    def schedule(self, schedule: FaultSchedule) -> None:
        table = _table("at", "lasts", "stream", "fault", "what happened", title="Faults to come")
        for fault in schedule.faults:
            lasts = f"{fault.duration / self._speed:.1f} s"
            table.add_row(
                clock(fault.start / self._speed), lasts, fault.stream, fault.kind, fault.story
            )
        self._console.print(table)
        self.line("")

    def fault(self, fault: Fault, elapsed: float) -> None:
        sentence = f"{fault.stream}: {fault.story} ({fault.kind})"
        self.line(_line(elapsed, "fault", "cyan", sentence))

    def event(self, event: HeardEvent, elapsed: float) -> None:
        """An anomaly begins, turns out to be of another kind, or ends."""
        self.line(_line(elapsed, *_LABELS[event.type], event.message))

    def streams(self, streams: Sequence[StreamState], elapsed: float) -> None:
        """The state of all streams: the table on a terminal; elsewhere, how warm-up gets on."""
        if self._live.is_started:
            self._live.update(_live_view(streams, elapsed), refresh=True)
        if not streams:
            return
        done = sum(stream.warm_up for stream in streams) / len(streams)
        ready = sum(stream.warm_up >= 1.0 for stream in streams)
        if ready < len(streams):
            done = min(done, 1.0 - _WARM_UP_STEP)
        if done - self._warm_up_shown >= _WARM_UP_STEP:
            self._warm_up_shown = done - done % _WARM_UP_STEP
            sentence = f"{self._warm_up_shown:.0%}: {ready} of {len(streams)} streams ready"
            self.line(_line(elapsed, "warm-up", "yellow", sentence))

    def report(self, report: Report, intervals: dict[str, float], messages: int) -> None:
        """intervals: plant seconds between two readings, by stream."""
        table = _table(
            "at", "stream", "fault", "readings", "kind", title="What became of the faults"
        )
        for finding in report.findings:
            fault = finding.fault
            needed = self._readings_needed(finding, intervals[fault.stream])
            found = finding.outcome is Outcome.FOUND
            table.add_row(
                clock(fault.start / self._speed),
                fault.stream,
                fault.kind,
                "" if needed is None else str(needed),
                Text(finding.kind if found else finding.outcome, _style(finding.outcome)),
            )
        self.line("")
        self._console.print(table)
        reached = [f for f in report.findings if f.outcome is not Outcome.NOT_REACHED]
        outcomes = Counter(finding.outcome for finding in reached)
        late = outcomes[Outcome.AT_ITS_END]
        more = f", and {late} at the end" if late else ""
        share = f"{outcomes[Outcome.FOUND]} of {len(reached)} faults"
        self.line(f"\nFound {share} while they lasted{more} (readings: how many it took).")
        self.line(f"Alarms outside of faults, in {messages:,} messages:")
        self.line(f"{len(report.early_alarms):5}  before the first fault, when much was still new")
        self.line(f"{len(report.aftermath):5}  when a stream went back to normal after its fault")
        self.line(f"{len(report.other_alarms):5}  others")
        streams = Counter(alarm.stream for alarm in report.other_alarms)
        for stream, alarms in streams.most_common():
            self.line(f"{alarms:9}  {stream}")

    def _readings_needed(self, finding: Finding, interval: float) -> int | None:
        if finding.delay is None:
            return None
        return 1 + round(finding.delay * self._speed / interval)


def _style(outcome: Outcome) -> str:
    return {Outcome.FOUND: "green", Outcome.AT_ITS_END: "yellow"}.get(outcome, "red")


def clock(seconds: float) -> str:
    """Minutes and seconds."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes:02d}:{rest:02d}"


def _line(elapsed: float, label: str, style: str, sentence: str) -> Text:
    return Text.assemble((clock(elapsed), "dim"), "  ", (f"{label:<7}", style), "  ", sentence)


def _table(*columns: str, title: str | None = None) -> Table:
    table = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=None,
        padding=(0, 2, 0, 0),
        pad_edge=False,
    )
    for column in columns:
        numeric = column in {"value", "expected", "score", "readings", "lasts"}
        table.add_column(column, justify="right" if numeric else "left", no_wrap=True)
    return table


def _live_view(streams: Sequence[StreamState], elapsed: float) -> RenderableType:
    table = _table("stream", "state", "value", "expected", "score")
    for stream in sorted(streams, key=lambda stream: stream.name):
        style = "bold red" if stream.active else ""
        table.add_row(
            stream.name,
            _state(stream),
            _number(stream.value, 2),
            _number(stream.yhat, 2),
            _number(stream.score, 1),
            style=style,
        )
    return Group(Text(f"{clock(elapsed)}  Ctrl-C ends the demo", style="dim"), table)


def _state(stream: StreamState) -> RenderableType:
    if stream.warm_up < 1.0:
        return ProgressBar(total=1.0, completed=stream.warm_up, width=_BAR_WIDTH)
    return stream.state


def _number(value: float | None, decimals: int) -> str:
    return "" if value is None else f"{value:.{decimals}f}"
