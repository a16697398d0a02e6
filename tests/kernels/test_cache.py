from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from streamrnn.kernels.cache import choose_folder, take_compiled


@pytest.fixture
def sources(tmp_path: Path) -> list[Path]:
    folder = tmp_path / "sources"
    folder.mkdir()
    files = [folder / "cell.py", folder / "head.py"]
    for file in files:
        file.write_text(f"# {file.name}\n")
    return files


def chosen(base: Path, sources: list[Path]) -> Path | None:
    return choose_folder({"STREAMRNN_CACHE_DIR": str(base)}, sources)


def mode(folder: Path) -> int:
    return stat.S_IMODE(folder.stat().st_mode)


def test_a_folder_that_is_missing_is_made_for_us_alone(tmp_path: Path, sources: list[Path]) -> None:
    folder = chosen(tmp_path / "new" / "cache", sources)
    assert folder is not None
    assert folder.parent == tmp_path / "new" / "cache"
    assert mode(folder) == mode(folder.parent) == 0o700


def test_the_same_sources_find_the_same_folder_again(tmp_path: Path, sources: list[Path]) -> None:
    assert chosen(tmp_path, sources) == chosen(tmp_path, sources[::-1])


def test_any_change_of_a_source_leads_to_another_folder(
    tmp_path: Path, sources: list[Path]
) -> None:
    before = chosen(tmp_path, sources)
    sources[1].write_text("# head.py, changed\n")
    assert chosen(tmp_path, sources) != before


@pytest.mark.parametrize(
    ("writable", "why"), [(0o020, "group"), (0o002, "world")], ids=["group", "world"]
)
def test_a_folder_that_others_can_write_to_is_refused(
    tmp_path: Path, sources: list[Path], writable: int, why: str
) -> None:
    base = tmp_path / why
    base.mkdir()
    base.chmod(0o700 | writable)
    assert chosen(base, sources) is None


def test_a_kernel_folder_that_others_can_write_to_is_refused(
    tmp_path: Path, sources: list[Path]
) -> None:
    folder = chosen(tmp_path, sources)
    assert folder is not None
    folder.chmod(0o777)
    assert chosen(tmp_path, sources) is None


def test_a_symbolic_link_is_refused(tmp_path: Path, sources: list[Path]) -> None:
    (tmp_path / "real").mkdir(0o700)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert chosen(tmp_path / "link", sources) is None
    assert list((tmp_path / "real").iterdir()) == []


def test_a_link_in_the_place_of_the_kernel_folder_is_refused(
    tmp_path: Path, sources: list[Path]
) -> None:
    folder = chosen(tmp_path / "cache", sources)
    assert folder is not None
    folder.rmdir()
    (tmp_path / "elsewhere").mkdir(0o700)
    folder.symlink_to(tmp_path / "elsewhere")
    assert chosen(tmp_path / "cache", sources) is None


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path, sources: list[Path]) -> None:
    (tmp_path / "file").write_text("")
    assert chosen(tmp_path / "file", sources) is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_somebody_else_is_refused(tmp_path: Path, sources: list[Path]) -> None:
    base = tmp_path / "theirs"
    base.mkdir(0o700)
    os.chown(base, 12345, 12345)
    assert chosen(base, sources) is None


def test_a_relative_folder_is_not_considered(sources: list[Path]) -> None:
    names = ("STREAMRNN_CACHE_DIR", "NUMBA_CACHE_DIR", "CACHE_DIRECTORY", "XDG_CACHE_HOME", "HOME")
    assert choose_folder(dict.fromkeys(names, "cache"), sources) is None
    assert choose_folder(dict.fromkeys(names, ""), sources) is None
    assert not Path("cache").exists()


def test_without_any_place_there_is_no_cache(sources: list[Path]) -> None:
    assert choose_folder({}, sources) is None


def test_the_first_usable_place_wins(tmp_path: Path, sources: list[Path]) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared").chmod(0o777)
    environ = {
        "STREAMRNN_CACHE_DIR": str(tmp_path / "shared"),
        "NUMBA_CACHE_DIR": "relative",
        "CACHE_DIRECTORY": f"{tmp_path}/systemd:{tmp_path}/second",
        "XDG_CACHE_HOME": f"{tmp_path}/xdg",
        "HOME": f"{tmp_path}/home",
    }
    for name, folder in (
        ("CACHE_DIRECTORY", tmp_path / "systemd"),
        ("XDG_CACHE_HOME", tmp_path / "xdg" / "streamrnn"),
        ("HOME", tmp_path / "home" / ".cache" / "streamrnn"),
    ):
        found = choose_folder(environ, sources)
        assert found is not None
        assert found.parent == folder
        del environ[name]
    assert choose_folder(environ, sources) is None


@pytest.fixture
def filled(tmp_path: Path, sources: list[Path]) -> Path:
    """A cache with one compiled kernel, as an image brings it along."""
    folder = chosen(tmp_path / "filled", sources)
    assert folder is not None
    (folder / "kernels_0a").mkdir()
    (folder / "kernels_0a" / "step.nbc").write_bytes(b"compiled")
    return folder.parent


def test_kernels_compiled_beforehand_are_copied_into_an_empty_cache(
    tmp_path: Path, sources: list[Path], filled: Path
) -> None:
    folder = chosen(tmp_path / "cache", sources)
    assert folder is not None
    assert take_compiled(filled, folder)
    assert (folder / "kernels_0a" / "step.nbc").read_bytes() == b"compiled"
    assert mode(folder) == 0o700
    assert list(folder.parent.iterdir()) == [folder]


def test_kernels_compiled_since_are_kept(tmp_path: Path, sources: list[Path], filled: Path) -> None:
    folder = chosen(tmp_path / "cache", sources)
    assert folder is not None
    (folder / "own.nbc").write_bytes(b"own")
    assert not take_compiled(filled, folder)
    assert [file.name for file in folder.iterdir()] == ["own.nbc"]


def test_kernels_of_other_sources_are_not_copied(
    tmp_path: Path, sources: list[Path], filled: Path
) -> None:
    sources[0].write_text("# cell.py, changed\n")
    folder = chosen(tmp_path / "cache", sources)
    assert folder is not None
    assert not take_compiled(filled, folder)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("writable", [0o020, 0o002], ids=["group", "world"])
def test_kernels_that_others_could_have_written_are_not_copied(
    tmp_path: Path, sources: list[Path], filled: Path, writable: int
) -> None:
    folder = chosen(tmp_path / "cache", sources)
    assert folder is not None
    filled.chmod(0o755 | writable)
    assert not take_compiled(filled, folder)
    filled.chmod(0o755)
    (filled / folder.name).chmod(0o755 | writable)
    assert not take_compiled(filled, folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_kernels_of_somebody_else_are_not_copied(
    tmp_path: Path, sources: list[Path], filled: Path
) -> None:
    folder = chosen(tmp_path / "cache", sources)
    assert folder is not None
    os.chown(filled / folder.name, 12345, 12345)
    assert not take_compiled(filled, folder)


def test_no_kernels_compiled_beforehand_are_no_error(tmp_path: Path, sources: list[Path]) -> None:
    folder = chosen(tmp_path / "cache", sources)
    assert folder is not None
    assert not take_compiled(tmp_path / "missing", folder)


KERNEL = """
import resource

resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
from streamrnn.kernels.jit import kernel


@kernel
def twice(x):
    return 2.0 * x


print(twice(21.0))
"""


def test_a_disk_that_does_not_take_a_kernel_keeps_nobody_from_using_it(tmp_path: Path) -> None:
    """As a full one: after an upgrade all kernels are new."""
    script = tmp_path / "script.py"
    script.write_text(KERNEL)
    environ = {**os.environ, "STREAMRNN_CACHE_DIR": str(tmp_path / "cache")}
    run = subprocess.run(
        [sys.executable, str(script)], env=environ, capture_output=True, text=True, check=False
    )
    assert run.stdout.strip() == "42.0", run.stderr
    assert "kernels_not_cached" in run.stderr


DAMAGE = {
    "empty": lambda content: b"",
    "cut": lambda content: content[: len(content) // 2],
    "zeros": lambda content: bytes(len(content)),
    "with a hole": lambda content: content[:200] + bytes(64) + content[264:],
}


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Uses a kernel, and prints its result and whether it came from the cache beside the script."""
    script = tmp_path_factory.mktemp("kernel") / "script.py"
    script.write_text(
        "from streamrnn.kernels.jit import kernel\n"
        "@kernel\n"
        "def twice(x):\n"
        "    return 2.0 * x\n"
        "print(twice(21.0), sum(twice.stats.cache_hits.values()))\n"
    )
    assert run(script, script.parent / "cache") == "42.0 0"
    assert run(script, script.parent / "cache") == "42.0 1"
    return script


def run(script: Path, cache: Path) -> str:
    environ = {**os.environ, "STREAMRNN_CACHE_DIR": str(cache)}
    return subprocess.run(
        [sys.executable, str(script)], env=environ, capture_output=True, text=True, check=True
    ).stdout.strip()


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("suffix", [".nbi", ".nbc"])
def test_kernels_that_a_power_cut_has_damaged_are_compiled_anew(
    suffix: str, damage: str, script: Path, tmp_path: Path
) -> None:
    cache = shutil.copytree(script.parent / "cache", tmp_path / "cache")
    (file,) = cache.rglob(f"*twice*{suffix}")
    file.write_bytes(DAMAGE[damage](file.read_bytes()))
    assert run(script, cache) == "42.0 0"
