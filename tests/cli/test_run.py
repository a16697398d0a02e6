"""The refusals of `streamrnn run`; the running daemon has its own tests."""

import os
import subprocess
import sys


def test_without_topics_it_says_how_to_name_them(streamrnn):
    code, out, err = streamrnn("run")
    assert (code, out) == (2, "")
    assert "nothing to listen to" in err
    assert "streamrnn run --broker mqtt://localhost:1883 --topic 'sensors/#'" in err
    assert "streamrnn demo" in err


def test_a_wrong_broker_is_refused_before_anything_starts(streamrnn):
    code, _, err = streamrnn("run", "--broker", "http://localhost", "--topic", "a/#")
    assert code == 2
    assert 'mqtt.broker = "http://localhost": must be mqtt://host:port' in err


def test_a_wrong_topic_is_refused(streamrnn):
    code, _, err = streamrnn("run", "--topic", "a/#/b")
    assert code == 2
    assert "source[0].topic" in err


def test_a_file_with_mistakes_is_refused(streamrnn, tmp_path):
    path = tmp_path / "streamrnn.toml"
    path.write_text("[mqtt]\nqueue_size = 0\n")
    code, _, err = streamrnn("run", "--config", path, "--topic", "a/#")
    assert code == 2
    assert "mqtt.queue_size = 0: must be at least 1" in err


def test_state_that_has_no_place_is_refused_without_a_traceback(home, tmp_path):
    taken = tmp_path / "taken"
    taken.write_text("a file where a folder should be")
    settings = {"STREAMRNN_STATE__DIRECTORY": str(taken), "STREAMRNN_HTTP__PORT": "0"}
    done = subprocess.run(
        [sys.executable, "-m", "streamrnn", "run", "--topic", "a/#"],
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert f'state.directory = "{taken}"' in done.stderr
    assert "Traceback" not in done.stderr
