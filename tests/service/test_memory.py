"""How many streams the memory has room for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from streamrnn.config import DetectorConfig, LimitsConfig
from streamrnn.service.memory import FEWEST, available_bytes, within_memory

_GB = 1_000_000_000


def machine(root: Path) -> Path:
    write(root, "proc/meminfo", "MemTotal:  8000000 kB\nMemFree:  1 kB\n")
    return root


def write(root: Path, path: str, text: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)


def streams(megabytes: int, hidden: int = 8) -> int:
    limits = LimitsConfig(max_streams=1_000_000, max_memory_mb=megabytes)
    return within_memory(limits, DetectorConfig(hidden=hidden)).max_streams


def test_more_memory_has_room_for_more_streams_and_larger_networks_take_more() -> None:
    assert 5_500 < streams(500) < streams(1000) < 30_000
    assert streams(500, hidden=32) < streams(500, hidden=16) < streams(500)


def test_a_lower_limit_on_streams_stands() -> None:
    limits = LimitsConfig(max_streams=50, max_memory_mb=500)
    assert within_memory(limits, DetectorConfig()) is limits


def test_a_few_streams_are_always_taken() -> None:
    assert streams(300) > FEWEST
    assert streams(300, hidden=32) >= FEWEST


def test_without_a_limit_half_of_the_machine_counts(tmp_path: Path) -> None:
    assert available_bytes(machine(tmp_path)) == pytest.approx(0.5 * 8_000_000 * 1024)


def test_where_systemd_hides_what_the_machine_has_the_kernel_is_asked(tmp_path: Path) -> None:
    assert available_bytes(tmp_path) == 0.5 * available_bytes_of_the_kernel()
    write(tmp_path, "proc/self/cgroup", "0::/system.slice/streamrnn.service\n")
    write(tmp_path, "sys/fs/cgroup/system.slice/streamrnn.service/memory.high", "1000000\n")
    assert available_bytes(tmp_path) == 800_000


def available_bytes_of_the_kernel() -> int:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def test_what_systemd_allows_counts_on_every_level(tmp_path: Path) -> None:
    root = machine(tmp_path)
    write(root, "proc/self/cgroup", "0::/system.slice/streamrnn.service\n")
    write(root, "sys/fs/cgroup/system.slice/streamrnn.service/memory.max", "max\n")
    write(root, "sys/fs/cgroup/system.slice/streamrnn.service/memory.high", f"{_GB}\n")
    assert available_bytes(root) == 0.8 * _GB
    write(root, "sys/fs/cgroup/system.slice/memory.max", f"{_GB // 2}\n")
    assert available_bytes(root) == 0.4 * _GB


def test_in_a_container_the_limit_is_mounted_at_the_top(tmp_path: Path) -> None:
    root = machine(tmp_path)
    write(root, "proc/self/cgroup", "0::/docker/0123456789ab\n")
    write(root, "sys/fs/cgroup/memory.max", f"{_GB}\n")
    assert available_bytes(root) == 0.8 * _GB


def test_the_older_kind_of_control_groups_counts_too(tmp_path: Path) -> None:
    root = machine(tmp_path)
    write(root, "proc/self/cgroup", "5:cpu,cpuacct:/x\n4:memory:/x\n0::/x\n")
    write(root, "sys/fs/cgroup/memory/x/memory.limit_in_bytes", f"{_GB}\n")
    assert available_bytes(root) == 0.8 * _GB


def test_no_limit_there_is_written_as_a_number_larger_than_the_machine(tmp_path: Path) -> None:
    root = machine(tmp_path)
    write(root, "proc/self/cgroup", "4:memory:/\n")
    write(root, "sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n")
    assert available_bytes(root) == pytest.approx(0.5 * 8_000_000 * 1024)
