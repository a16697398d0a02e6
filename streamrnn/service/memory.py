"""How many streams the memory has room for.

A cap on streams, known before the first comes, and not a look at what the process takes: rows that
were given up are used again but never returned, and who gives way to whom must follow from the
readings alone, else a crash would change the outcome.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from streamrnn.config import DetectorConfig, LimitsConfig
from streamrnn.detect.layout import stream_bytes

log = logging.getLogger("streamrnn.memory")

BASE_BYTES: Final = 260_000_000
"""With no stream at all: Python, numpy, compiled kernels; and messages that wait."""
STREAM_BYTES: Final = 8_000
"""Of each, beside its models: names, topics, events, its part of a page of metrics."""
COPIES: Final = 2
"""Of all models: a checkpoint, or the array that they move to when it grows."""
FEWEST: Final = 100  # streams: what is left on a machine that is too small

# auto: of a limit that is ours alone, and of the memory of a machine that has more to do.
_OF_OURS: Final = 0.8
_OF_THE_MACHINE: Final = 0.5
_ROOT: Final = Path("/")


def within_memory(
    limits: LimitsConfig, detector: DetectorConfig, root: Path = _ROOT
) -> LimitsConfig:
    """The limits with no more streams than `max_memory_mb` has room for. root: of the file system
    that tells what there is."""
    asked = limits.max_memory_mb
    most_bytes = available_bytes(root) if asked == "auto" else asked * 1_000_000
    each = STREAM_BYTES + COPIES * stream_bytes(detector.hidden)
    fit = max(FEWEST, int((most_bytes - BASE_BYTES) / each))
    if fit >= limits.max_streams:
        return limits
    data = {
        "memory_mb": round(most_bytes / 1e6),
        "streams": fit,
        "asked": limits.max_streams,
        "remedy": "raise limits.max_memory_mb, or lower limits.max_streams to what is needed",
    }
    log.info("streams_limited_by_memory", extra={"data": data})
    return limits.model_copy(update={"max_streams": fit})


def available_bytes(root: Path = _ROOT) -> float:
    """What `auto` stands for: a part of the least of what systemd, the container and the machine
    allow."""
    ours = [_OF_OURS * limit for limit in _group_limits(root)]
    return min([*ours, _OF_THE_MACHINE * _machine_bytes(root)])


def _machine_bytes(root: Path) -> int:
    try:
        lines = (root / "proc/meminfo").read_text().splitlines()
    except FileNotFoundError:  # hidden by our unit: ProcSubset=pid
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    for line in lines:
        name, _, rest = line.partition(":")
        if name == "MemTotal":
            return int(rest.split()[0]) * 1024
    raise ValueError("/proc/meminfo has no MemTotal")


def _group_limits(root: Path) -> Iterator[int]:
    """Of our control group and those above it: `MemoryHigh` and `MemoryMax` of systemd, `--memory`
    of a container."""
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except FileNotFoundError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            mount, names = root / "sys/fs/cgroup", ["memory.max", "memory.high"]
        elif "memory" in controllers.split(","):
            mount, names = root / "sys/fs/cgroup/memory", ["memory.limit_in_bytes"]
        else:
            continue
        group = mount / path.lstrip("/")
        # In a container the path may be one of the host, and the group is mounted at the top.
        for folder in [group, *(g for g in group.parents if g.is_relative_to(mount)), mount]:
            yield from (limit for name in names if (limit := _limit(folder / name)) is not None)


def _limit(file: Path) -> int | None:
    """None: there is none, or it is not for us to read."""
    try:
        text = file.read_text().strip()
    except OSError:
        return None
    return int(text) if text.isdecimal() else None
