import os
import threading
from pathlib import Path

import pytest

from streamrnn.errors import StreamrnnError
from streamrnn.replay import whole_file


def test_a_file_appears_when_it_is_complete(tmp_path):
    path = tmp_path / "events.jsonl"
    with whole_file(path) as out:
        out.write("an event\n")
        assert not path.exists()
    assert path.read_text() == "an event\n"
    assert list(tmp_path.iterdir()) == [path]


def test_what_fails_half_way_leaves_what_was_there(tmp_path):
    path = tmp_path / "events.jsonl"
    path.write_text("of yesterday\n")

    def interrupted():
        yield "half an event\n"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), whole_file(path) as out:
        out.writelines(interrupted())
    assert path.read_text() == "of yesterday\n"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("place", ["", "none/events.jsonl"])
def test_a_place_that_cannot_be_written_is_named(tmp_path, place):
    path = tmp_path / place
    with pytest.raises(StreamrnnError, match=f"{path}: cannot be written: "), whole_file(path):
        pass


def test_a_full_disk_is_named():
    with (
        pytest.raises(StreamrnnError, match="/dev/full: cannot be written: No space left"),
        whole_file(Path("/dev/full")) as out,
    ):
        out.write("an event\n")


def test_a_pipe_is_written_to_and_stays(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    with whole_file(pipe) as out:
        out.write("an event\n")
    reader.join(30.0)
    assert read == ["an event\n"]
    assert pipe.is_fifo()
