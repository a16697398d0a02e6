"""Portions of the guided campaign. Where atheris is missing, nobody runs it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.torture.__main__ import main
from tests.torture.guided import commands, documented

pytest.importorskip("atheris")


def test_a_portion_begins_with_what_the_one_before_it_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus = tmp_path / "guided-fuzz" / "corpus"
    corpus.mkdir(parents=True)
    (corpus / "kept").write_bytes(b"plant/a\n[1, 2]")
    portion = ["guided-fuzz", "--count", "300", "--seed", "2", "--keep", str(tmp_path)]
    assert main(portion) == 0
    given = len(documented()) + len(commands())
    assert f"to begin with {given + 1}," in capsys.readouterr().out
    assert (corpus / "kept").read_bytes() == b"plant/a\n[1, 2]"
