"""Topics and payloads that atheris invents: it watches which branches of the code an input takes,
keeps what takes new ones, and changes that further. On demand: `pip install -e '.[fuzz]'`.

    python -m tests.torture.guided FOLDER -runs=1000000      libFuzzer's own options
"""

from __future__ import annotations

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
_SLOWEST_SECONDS = 10  # for one message, before it counts as a hang
_MOST_MB = 4096
_FRESH = 5_000  # messages that one pipeline gets: each new topic is a stream to keep


def run(folder: Path, count: int) -> Figures:
    """count: messages."""
    if find_spec("atheris") is None:
        raise RuntimeError("atheris is missing: pip install -e '.[fuzz]' (on x86-64)")
    corpus = folder / "corpus"
    corpus.mkdir(parents=True)
    for number, known in enumerate(documented()):
        (corpus / str(number)).write_bytes(known)
    seeds = len(list(corpus.iterdir()))
    command = [
        *(sys.executable, "-m", "tests.torture.guided", str(corpus), f"-runs={count}"),
        *(f"-max_len={_LONGEST_BYTES}", f"-timeout={_SLOWEST_SECONDS}"),
        *(f"-rss_limit_mb={_MOST_MB}", f"-artifact_prefix={folder}/", "-seed=1"),
    ]
    fuzzed = subprocess.run(command, capture_output=True, text=True, check=False)
    assert fuzzed.returncode == 0, fuzzed.stdout[-2000:] + fuzzed.stderr[-4000:]
    done = re.findall(r"DONE +cov: (\d+) ft: (\d+) corp: (\d+)", fuzzed.stderr)
    figures = Figures("guided fuzz")
    figures["messages"] = count
    figures["documented ones to begin with"] = seeds
    figures["kept for taking new branches"] = len(list(corpus.iterdir())) - seeds
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


def parts(data: bytes) -> tuple[str, bytes]:
    """Topic and payload: the first line, and the rest."""
    topic, _, payload = data.partition(b"\n")
    return topic.decode("utf-8", "replace"), payload


def _fuzz(arguments: list[str]) -> None:
    """Never returns: libFuzzer ends the process."""
    import atheris

    import streamrnn.detect  # noqa: F401  # now: Numba cannot compile what atheris puts in

    logging.disable(logging.CRITICAL)
    with atheris.instrument_imports(include=["streamrnn.ingest", "streamrnn.service.loop"]):
        from streamrnn.config import SourceConfig
        from streamrnn.records import Message
        from streamrnn.service.rehearsal import compile_kernels
        from tests.service.pipeline import DETECTOR, TOPICS, Pipeline
        from tests.torture.fuzz import accounted

    compile_kernels(DETECTOR)  # else the first message would count as one that hangs
    everything = SourceConfig(topic="#")
    pipeline, fed = Pipeline(source=everything), 0

    def feed_one(data: bytes) -> None:
        nonlocal pipeline, fed
        if fed % _FRESH == 0:
            pipeline = Pipeline(source=everything)
        fed += 1
        topic, payload = parts(data)
        if topic.startswith(TOPICS.commands):
            return
        before = accounted(pipeline)
        received_at = 1_700_000_000.0 + fed / 10
        pipeline.feed(Message(topic, payload, 1, False, False, 1, 1, received_at))
        assert accounted(pipeline) > before, f"unaccounted: {topic!r} {payload!r}"
        assert len(pipeline.link.acknowledged) == pipeline.loop.messages_total

    atheris.Setup([sys.argv[0], *arguments], feed_one)
    atheris.Fuzz()


if __name__ == "__main__":
    _fuzz(sys.argv[1:])
