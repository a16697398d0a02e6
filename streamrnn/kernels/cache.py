"""Where Numba keeps compiled kernels: a private folder, keyed by the kernels' own sources.

Two facts decide the place. A cached kernel is a pickle: who can write into the folder runs code as
us. And Numba notices a change only in the file that holds a kernel, not in the ones it calls.
So: a folder that belongs to us with mode 0700, never a shared one like /tmp, and inside it one
folder per digest of all sources that are compiled.

Where nothing lasts between two starts, as in a container, $STREAMRNN_KERNELS names a cache that was
filled beforehand: its kernels are copied, as Numba reads from no folder that it cannot write to.

Must run before any kernel is defined; `streamrnn.kernels` sees to that.
"""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final

import numba
from numba.core.caching import FunctionCache, IndexDataCacheFile

log = logging.getLogger("streamrnn.kernels")

_DIGEST_BYTES: Final = 32


class WholeFiles(IndexDataCacheFile):
    """Numba's files, each followed by its digest, which a pickle does not mind. A power cut may
    leave a file empty, short or with holes; what is not as it was written counts as not there, and
    is compiled anew. As it was, the daemon could not start until somebody deleted the cache, or ran
    a kernel with holes in it."""

    @contextmanager
    def _open_for_write(self, filepath: str) -> Iterator[BinaryIO]:
        with super()._open_for_write(filepath) as file:
            yield file
            file.flush()
            file.write(_digest(Path(file.name).read_bytes()))
            file.flush()
            os.fsync(file.fileno())

    def _load_index(self) -> dict[Any, str]:
        return super()._load_index() if _is_whole(self._index_path) else {}

    def _load_data(self, name: str) -> Any:
        if not _is_whole(self._data_path(name)):
            raise FileNotFoundError(name)
        return super()._load_data(name)


def _is_whole(path: str) -> bool:
    try:
        content = Path(path).read_bytes()
    except FileNotFoundError:
        return False
    return content[-_DIGEST_BYTES:] == _digest(content[:-_DIGEST_BYTES])


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


class ForgivingCache(FunctionCache):
    """Numba's, but a kernel that cannot be saved is no error: the disk may be full, as after an
    upgrade, when all kernels are new. It is compiled anew at the next start."""

    _has_told = False  # of the first of them all

    def __init__(self, function: Any) -> None:
        super().__init__(function)
        self._cache_file = WholeFiles(
            cache_path=self._cache_path,
            filename_base=self._impl.filename_base,
            source_stamp=self._impl.locator.get_source_stamp(),
        )

    def save_overload(self, sig: Any, data: Any) -> None:
        try:
            super().save_overload(sig, data)
        except OSError as error:
            if not ForgivingCache._has_told:
                ForgivingCache._has_told = True
                told = {"folder": self.cache_path, "reason": error.strerror}
                told["effect"] = "kernels are compiled at every start until the disk takes them"
                log.warning("kernels_not_cached", extra={"data": told})


def choose_folder(environ: Mapping[str, str], sources: list[Path]) -> Path | None:
    """The first usable of $STREAMRNN_CACHE_DIR, $NUMBA_CACHE_DIR, $CACHE_DIRECTORY (systemd),
    $XDG_CACHE_HOME/streamrnn, ~/.cache/streamrnn; created if need be. None: kernels are compiled at
    every start."""
    digest = hashlib.sha256(numba.__version__.encode())
    for source in sorted(sources):
        digest.update(source.read_bytes())
    for base in _candidates(environ):
        folder = base / f"kernels-{digest.hexdigest()[:16]}"
        if _make_private(base) and _make_private(folder):
            return folder
    return None


def _candidates(environ: Mapping[str, str]) -> list[Path]:
    named = [environ.get(name, "") for name in ("STREAMRNN_CACHE_DIR", "NUMBA_CACHE_DIR")]
    # systemd separates several cache directories by colons
    named.append(environ.get("CACHE_DIRECTORY", "").split(":")[0])
    if environ.get("XDG_CACHE_HOME"):
        named.append(environ["XDG_CACHE_HOME"] + "/streamrnn")
    if environ.get("HOME"):
        named.append(environ["HOME"] + "/.cache/streamrnn")
    return [Path(name) for name in named if name and os.path.isabs(name)]


def _make_private(folder: Path) -> bool:
    """Whether the folder is (now) a real directory of ours that nobody else can write to."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return False
    writable_by_others = found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return (
        stat.S_ISDIR(found.st_mode)
        and found.st_uid == os.geteuid()
        and not writable_by_others
        and os.access(folder, os.W_OK | os.X_OK)
    )


def take_compiled(filled: Path, folder: Path) -> bool:
    """Copies the kernels of the cache `filled` into `folder`, one of `choose_folder`, while that is
    empty. Returns whether it did; not if others than root and we could have put them there."""
    kernels = filled / folder.name
    try:
        if not all(map(_is_trusted, (filled, kernels))) or any(folder.iterdir()):
            return False
        # Whole or not at all: another process may be starting on the same cache.
        with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
            copy = shutil.copytree(kernels, Path(scratch) / folder.name)
            copy.chmod(0o700)
            copy.rename(folder)
    except OSError:
        return False
    return True


def _is_trusted(folder: Path) -> bool:
    found = folder.lstat()
    return (
        stat.S_ISDIR(found.st_mode)
        and found.st_uid in (0, os.geteuid())
        and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    )


def activate() -> bool:
    """Points Numba at the chosen folder. Returns whether kernels may be cached at all."""
    package = Path(__file__).resolve().parent.parent
    sources = [*package.glob("kernels/*.py"), *package.glob("detect/*.py")]
    folder = choose_folder(os.environ, sources)
    if folder is not None:
        numba.config.CACHE_DIR = str(folder)
        if filled := os.environ.get("STREAMRNN_KERNELS"):
            take_compiled(Path(filled), folder)
    return folder is not None
