"""Topics and payloads that atheris invents: it watches which branches of the code an input takes,
keeps what takes new ones, and changes that further. On demand: `pip install -e '.[fuzz]'`.
In portions: with --keep, the next one begins with what the earlier ones kept.

    python -m tests.torture.guided FOLDER -runs=1000000      libFuzzer's own options
"""

from __future__ import annotations

import gc
import logging
import re
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

from tests.torture.figures import Figures

_GOLDEN = Path(__file__).parent.parent / "ingest" / "golden"
_LONGEST_BYTES = 4096
_SLOWEST_SECONDS = 100  # for one message, before it counts as a hang: others need the machine too
_MOST_MB = 4096
_FRESH = 5_000  # messages that one pipeline gets: each new topic is a stream to keep
_INSTRUMENTED = ["streamrnn.ingest", "streamrnn.service.loop", "streamrnn.service.commands"]
_COMMANDS = (b"ack", b"snooze 2h", b"reset", b"not_an_anomaly", b"snooze 1.5d", b"snooze")


def run(folder: Path, count: int, seed: int = 0) -> Figures:
    """count: messages. folder: may hold what earlier portions kept."""
    if find_spec("atheris") is None:
        raise RuntimeError("atheris is missing: pip install -e '.[fuzz]' (on x86-64)")
    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, known in enumerate([*documented(), *commands()]):
        (corpus / str(number)).write_bytes(known)
    begun_with = len(list(corpus.iterdir()))
    command = [
        *(sys.executable, "-m", "tests.torture.guided", str(corpus), f"-runs={count}"),
        *(f"-max_len={_LONGEST_BYTES}", f"-timeout={_SLOWEST_SECONDS}"),
        *(f"-rss_limit_mb={_MOST_MB}", f"-artifact_prefix={folder}/"),
        f"-seed={seed + 1}",  # 0 would be one of its own choice
    ]
    fuzzed = subprocess.run(command, capture_output=True, text=True, check=False)
    assert fuzzed.returncode == 0, fuzzed.stdout[-2000:] + fuzzed.stderr[-4000:]
    done = re.findall(r"DONE +cov: (\d+) ft: (\d+) corp: (\d+)", fuzzed.stderr)
    figures = Figures("guided fuzz")
    figures["messages"] = count
    figures["to begin with"] = begun_with
    figures["kept for taking new branches"] = len(list(corpus.iterdir())) - begun_with
    figures["branches taken"] = done[-1][0] if done else "?"
    figures["exceptions"] = figures["unaccounted"] = 0
    return figures


def documented() -> list[bytes]:
    """Every message of the golden files, as `parts` takes it apart."""
    known = []
    for file in sorted(_GOLDEN.glob("*.toml")):
        for said in tomllib.loads(file.read_text())["message"]:
            payload = bytes.fromhex(said["hex"]) if "hex" in said else said["payload"].encode()
            known.append(said["topic"].encode() + b"\n" + payload)
    return known


def commands() -> list[bytes]:
    """To the stream that every pipeline of `_fuzz` has, which is in an anomaly."""
    return [b"streamrnn/gw/cmd/plant/freezer\n" + command for command in _COMMANDS]


def parts(data: bytes) -> tuple[str, bytes]:
    """Topic and payload: the first line, and the rest."""
    topic, _, payload = data.partition(b"\n")
    return topic.decode("utf-8", "replace"), payload


def _fuzz(arguments: list[str]) -> None:
    """Never returns: libFuzzer ends the process."""
    import atheris

    import streamrnn.detect  # noqa: F401  # now: Numba cannot compile what atheris puts in

    logging.disable(logging.CRITICAL)
    with atheris.instrument_imports(include=_INSTRUMENTED):
        from streamrnn.config import SourceConfig
        from streamrnn.records import Message
        from streamrnn.service.rehearsal import compile_kernels
        from tests.service.pipeline import DETECTOR, TOPICS, Pipeline, freezer
        from tests.torture.fuzz import accounted

    compile_kernels(DETECTOR)  # else the first message would count as one that hangs
    pipeline, fed = Pipeline(), 0

    def begin() -> Pipeline:
        fresh = Pipeline(source=SourceConfig(topic="#"))
        events = fresh.feed(*freezer(0, 300), *freezer(300, 330, warmer_by=15.0))
        assert events, "the anomaly that commands are about has not begun"
        return fresh

    def feed_one(data: bytes) -> None:
        nonlocal pipeline, fed
        if fed % _FRESH == 0:
            pipeline = begin()
        fed += 1
        topic, payload = parts(data)
        before = accounted(pipeline)
        received_at = 1_700_000_000.0 + fed / 10
        pipeline.feed(Message(topic, payload, 1, False, False, 1, 1, received_at))
        is_command = topic.startswith(TOPICS.commands)
        assert is_command or accounted(pipeline) > before, f"unaccounted: {topic!r} {payload!r}"
        assert len(pipeline.link.acknowledged) == pipeline.loop.messages_total

    gc.freeze()  # to look through all that is loaded, again and again, took a quarter of the time
    atheris.Setup([sys.argv[0], *arguments], feed_one)
    atheris.Fuzz()


if __name__ == "__main__":
    _fuzz(sys.argv[1:])
