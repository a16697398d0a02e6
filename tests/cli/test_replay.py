import json
import subprocess
import sys

import numpy as np
import pytest

from streamrnn.records import Reason
from tests.replay.tables import plant, write_csv


@pytest.fixture
def recorded(tmp_path):
    """A file in which the stream plant/power breaks once."""
    path = tmp_path / "plant.csv"
    table = plant()
    table.loc[5, "flow"] = np.nan
    table.assign(is_anomaly=0, state="on").to_csv(path, index=False)
    return path


def events_in(text):
    return [json.loads(line) for line in text.splitlines()]


def test_the_table_has_one_row_per_anomaly(streamrnn, recorded):
    code, out, _ = streamrnn("replay", recorded)
    header, *rows = out.splitlines()
    assert code == 0
    columns = ["since", "(UTC)", "lasted", "stream", "kind", "score", "value", "expected"]
    assert header.split() == columns
    assert [row.split()[3] for row in rows].count("plant/power") == 1
    assert all(row.startswith("2023-11-15 ") for row in rows)


def test_json_lines_are_what_the_daemon_publishes(streamrnn, recorded):
    arguments = ["--format", "jsonl", "--gateway", "hall"]
    events = events_in(streamrnn("replay", recorded, *arguments).out)
    assert {event["gateway"] for event in events} == {"hall"}
    (new,) = [e for e in events if (e["type"], e["stream"]) == ("new", "plant/power")]
    assert set(new) == {
        *("id", "type", "gateway", "stream", "kind", "time", "since", "value", "score"),
        *("yhat", "yhat_lower", "yhat_upper", "message", "also"),
    }
    assert new["time"] == new["since"] == "2023-11-15T04:54:20.000Z"


def test_a_line_on_standard_error_sums_up(streamrnn, recorded):
    code, _, err = streamrnn("replay", recorded)
    assert code == 0
    notes, summary = err.splitlines()
    assert notes == f"{recorded}: no numbers in state"
    assert summary.startswith("1,199 readings of 2 streams in ")
    assert summary.endswith(f"; left out: 1 {Reason.FIELD_MISSING}")


def test_events_and_scores_can_go_to_files(streamrnn, recorded, tmp_path):
    shown = streamrnn("replay", recorded, "--format", "jsonl")
    events, scores = tmp_path / "events.jsonl", tmp_path / "scores.csv"
    arguments = ["--format", "jsonl", "--output", events, "--scores", scores]
    assert streamrnn("replay", recorded, *arguments)[:2] == (0, "")
    assert events.read_text() == shown.out
    assert len(scores.read_text().splitlines()) == 1 + 1199


def test_a_bad_file_is_exit_code_5_and_leaves_no_output(streamrnn, recorded, tmp_path):
    bad = write_csv(tmp_path / "bad.csv", "time,value\n1,2\n2,x")
    output = tmp_path / "events.jsonl"
    code, out, err = streamrnn("replay", recorded, bad, "--output", output)
    assert (code, out) == (5, "")
    assert err.startswith(f'streamrnn: {bad}: row 2, column "value" is "x": must be a number')
    assert not output.exists()


def test_labels_are_left_out_unless_other_columns_are(streamrnn, recorded):
    assert " of 3 streams " in streamrnn("replay", recorded, "--exclude", "none").err
    assert " of 1 stream " in streamrnn("replay", recorded, "--columns", "power").err


def test_the_stream_can_be_named_and_the_rows_spaced(streamrnn, tmp_path):
    path = write_csv(tmp_path / "a.csv", "value\n1\n2\n3")
    scores = tmp_path / "scores.csv"
    arguments = ["--stream", "hall/door", "--interval", "1m", "--scores", scores]
    assert streamrnn("replay", path, *arguments).code == 0
    assert [line.split(",")[:2] for line in scores.read_text().splitlines()[1:]] == [
        ["1970-01-01T00:00:00.000000Z", "hall/door"],
        ["1970-01-01T00:01:00.000000Z", "hall/door"],
        ["1970-01-01T00:02:00.000000Z", "hall/door"],
    ]


@pytest.mark.parametrize("interval", ["5", "0s", "soon"])
def test_an_interval_is_a_duration(streamrnn, recorded, interval):
    code, _, err = streamrnn("replay", recorded, "--interval", interval)
    assert code == 2
    assert f'--interval = "{interval}": must be' in err


def test_the_settings_of_the_detector_count(streamrnn, recorded, tmp_path):
    path = tmp_path / "streamrnn.toml"
    path.write_text("[detector]\nwarm_up = 1000\n")
    code, out, err = streamrnn("replay", recorded, "--config", path)
    assert (code, out) == (0, "")
    assert " 0 events" in err


def test_without_pandas_it_says_how_to_install_it(home, recorded):
    code = (
        "import sys\n"
        "sys.modules['pandas'] = None\n"
        "from streamrnn.cli import main\n"
        "main(['replay', sys.argv[1]])\n"
    )
    command = [sys.executable, "-c", code, str(recorded)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == (
        "streamrnn: reading recorded files needs pandas and pyarrow: "
        f"{sys.executable} -m pip install 'streamrnn[backtest]'\n"
    )


def test_rows_in_the_wrong_order_are_explained(streamrnn, tmp_path):
    path = tmp_path / "backwards.csv"
    rows = "".join(f"{1_700_000_000 - 60 * row},{row}\n" for row in range(5))
    path.write_text("time,value\n" + rows)
    told = streamrnn("replay", path)
    assert "left out: 4 late" in told.err
    assert "a stream's rows must be in order of their times" in told.err
