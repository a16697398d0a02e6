"""The benchmarks run, with sizes too small to say anything about speed."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks import calls, detector, ingest, kernels
from benchmarks.c_compiler import find_compiler
from benchmarks.daemon import BareSubscriber
from benchmarks.drain import seconds_each
from benchmarks.figure import Figure, Goal
from benchmarks.flood import flood
from benchmarks.report import show, write_json
from benchmarks.stopwatch import compare, timed
from tests.mosquitto import Mosquitto


def figure(value: float | None, goal: Goal | None = None, note: str = "") -> Figure:
    return Figure(group="kernels", name="step", value=value, unit="x", goal=goal, note=note)


def values(figures: Sequence[Figure]) -> list[float]:
    return [figure.value for figure in figures if figure.value is not None]


def test_the_kernels_compute_what_the_c_reference_computes_and_both_are_timed() -> None:
    if find_compiler() is None:
        pytest.skip("there is no C compiler")
    figures = list(kernels.measure(sizes=(16,), rounds=1, seconds=1e-5))
    assert [figure.name for figure in figures] == [
        "Elman step, H=16: ours / C",
        "window of 16 steps, H=16: ours / C",
    ]
    assert min(values(figures)) > 0.0


def test_without_a_compiler_the_kernels_are_timed_alone_and_the_row_says_so() -> None:
    figures = list(kernels.measure(sizes=(16,), rounds=1, seconds=1e-5, compiler=lambda: None))
    assert [figure.value for figure in figures] == [None, None]
    assert all(figure.note.startswith("no C compiler; ours alone takes") for figure in figures)


def test_the_detector_is_timed_over_one_stream_and_over_many() -> None:
    figures = list(detector.measure(streams=(1, 50), rounds=1, warm=40))
    assert len(values(figures)) == len(figures) == 5
    assert figures[-1].unit == "bytes/stream"


def test_ingest_is_timed_against_a_plain_parser() -> None:
    figures = list(ingest.measure(rounds=1, messages=60))
    assert [figure.unit for figure in figures] == ["us", "x"] * 5
    assert min(values(figures)) > 0.0


def test_single_calls_are_timed_against_what_is_installed() -> None:
    figures = list(calls.measure(rounds=1, calls=2))
    assert len(figures) == 3
    for figure in figures:
        assert (figure.value is None) == figure.note.endswith("is not installed")


@pytest.mark.broker
@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
@pytest.mark.parametrize("qos", [0, 1])
def test_a_subscriber_that_comes_back_gets_the_whole_flood(
    start_mosquitto: Callable[..., Mosquitto], qos: int, protocol: str
) -> None:
    broker = start_mosquitto(settings="queue_qos0_messages true")
    bare = BareSubscriber(broker.port, protocol, sample_seconds=0.01)
    flood(broker.port, [(f"{bare.topic}/{k % 7}", str(k)) for k in range(3000)], qos)
    assert bare.work_off(3000)[-1][1] == 3000


def test_a_flood_refuses_packets_that_it_cannot_write() -> None:
    with pytest.raises(ValueError, match="at most 127 bytes"):
        flood(1, [("topic", "x" * 200)], qos=0)


def test_two_things_are_timed_in_turns_after_a_first_call_that_does_not_count() -> None:
    order = []

    def measurement(name: str, seconds: list[float]) -> float:
        order.append(name)
        return seconds.pop(0)

    ours, other = [9.0, 1.0, 2.0, 6.0], [9.0, 2.0, 2.0, 2.0]
    found = compare(lambda: measurement("a", ours), lambda: measurement("b", other), rounds=3)
    assert found == (1.0, 2.0, 2.0)
    assert "".join(order) == "ababbaab"


def test_an_action_is_timed_in_seconds() -> None:
    done = []
    assert timed(lambda: done.append(1))() >= 0.0
    assert done == [1]


def test_a_drain_is_timed_in_full_flow_only() -> None:
    samples = [(0.0, 0), (1.0, 0), (2.0, 100), (3.0, 300), (4.0, 500), (9.0, 600)]
    assert seconds_each(samples, 600) == pytest.approx(1 / 200)


def test_a_drain_that_was_too_quick_to_time_says_so() -> None:
    with pytest.raises(ValueError, match="take more"):
        seconds_each([(0.0, 0), (1.0, 300), (2.0, 600)], 600)


@pytest.mark.parametrize(
    ("value", "goal", "verdict"),
    [
        (1.5, Goal(1.5), "met"),
        (1.6, Goal(1.5), "missed"),
        (0.85, Goal(0.85, at_least=True), "met"),
        (0.8, Goal(0.85, at_least=True), "missed"),
        (1.0, None, ""),
        (None, Goal(1.0), ""),
    ],
)
def test_a_goal_is_met_or_missed(value: float | None, goal: Goal | None, verdict: str) -> None:
    assert figure(value, goal).verdict == verdict


def test_every_figure_is_shown_with_its_goal_and_its_command() -> None:
    output = io.StringIO()
    rows = [figure(1.234, Goal(1.5), "12 ns against 10 ns"), figure(None, note="no C compiler")]
    show(rows, {"cores": 2}, Console(file=output, width=150))
    for text in ("--only kernels", "1.23 x", "<= 1.5", "met", "12 ns", "not measured", "cores 2"):
        assert text in output.getvalue()


def test_the_json_file_holds_figures_and_the_machine(tmp_path: Path) -> None:
    write_json([figure(2.0, Goal(1.5))], {"cores": 2}, tmp_path / "figures.json")
    document = json.loads((tmp_path / "figures.json").read_text())
    assert document["machine"] == {"cores": 2}
    assert document["figures"] == [
        {
            "group": "kernels",
            "name": "step",
            "value": 2.0,
            "unit": "x",
            "goal": {"limit": 1.5, "at_least": False},
            "note": "",
            "verdict": "missed",
            "command": "python -m benchmarks --only kernels",
        }
    ]
