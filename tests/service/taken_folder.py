"""A state folder that was removed under a daemon, and in which another one works now."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from streamrnn.service.folder_claim import FolderClaim


class AskedClaim(FolderClaim):
    """Counts how often it was asked whether the folder is still ours."""

    asked = 0

    def keep(self) -> None:
        self.asked += 1
        super().keep()


@contextmanager
def taken_by_another(folder: Path) -> Iterator[AskedClaim]:
    """The claim of the first daemon; afterwards the other is gone."""
    first, other = AskedClaim(folder), FolderClaim(folder)
    first.take()
    shutil.rmtree(folder)
    other.take()
    try:
        yield first
    finally:
        other.release()
