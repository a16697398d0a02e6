"""The benches beside `bench quality`: small runs from the command line to tables and JSON."""

import json

import pytest

from tests.evaluate.labelled_sets import write_ucr, write_unlabelled


def test_false_alarms_counts_in_recordings_and_clean_streams(streamrnn, tmp_path):
    write_ucr(tmp_path)
    write_unlabelled(tmp_path)
    figures = tmp_path / "figures.json"
    code, out, _ = streamrnn(
        *("bench", "false-alarms", "--data", tmp_path, "--streams", 0),
        *("--json", figures, "--processes", 1),
    )
    assert code == 0
    assert "| set | streams | stream-days | 1 per 1d |" in out
    assert "| unlabelled | 1 |" in out
    cells = json.loads(figures.read_text())["cells"]
    assert {cell["group"] for cell in cells} == {"ucr", "unlabelled"}


def test_kinds_breaks_sensors_in_eight_ways(streamrnn, tmp_path):
    figures = tmp_path / "figures.json"
    code, out, _ = streamrnn(
        *("bench", "kinds", "--data", tmp_path, "--per-kind", 1, "--seeds", 1),
        *("--json", figures, "--processes", 1),
    )
    assert code == 0
    assert "| broke | spike | level_shift | drift |" in out
    assert "| always zero |" in out
    content = json.loads(figures.read_text())
    assert len(content["faults"]) == 8


def test_compare_puts_files_side_by_side(streamrnn, tmp_path):
    write_ucr(tmp_path)
    run = tmp_path / "full.json"
    arguments = ("--detector", "streamrnn", "--json", run, "--processes", 1)
    code, out, _ = streamrnn("bench", "quality", "--data", tmp_path, "--seeds", 1, *arguments)
    assert code == 0
    assert "| UCR top-1 | 0.800 |" in out
    code, out, _ = streamrnn("bench", "compare", run, run)
    assert code == 0
    assert out.count("| full |") == 4


def test_compare_refuses_another_file(streamrnn, tmp_path):
    (tmp_path / "other.json").write_text("{}")
    code, _, err = streamrnn("bench", "compare", tmp_path / "other.json")
    assert code == 5
    assert "bench quality --json" in err


@pytest.mark.parametrize(
    "command", ["false-alarms", "kinds", "cold-start", "adaptation", "compare", "quality"]
)
def test_every_bench_has_an_example(streamrnn, command):
    code, out, _ = streamrnn("bench", command, "--help")
    assert code == 0
    assert f"Example:  streamrnn bench {command}" in out
