"""After the rehearsal a stream meets nothing that must be compiled first."""

from __future__ import annotations

import pytest

from streamrnn.config import DetectorConfig
from streamrnn.detect.advance import make_advance
from streamrnn.detect.retrain import make_trainer
from streamrnn.service.rehearsal import beside, compile_kernels


def test_nothing_is_left_to_compile_under_load() -> None:
    config = DetectorConfig()
    compile_kernels(config)
    kernels = [make_advance(config.hidden, 0)[0], *make_trainer(config.hidden, 0)]
    assert [len(kernel.signatures) for kernel in kernels] == [1, 1, 1]


def test_what_fails_beside_fails_here() -> None:
    def fail() -> None:
        raise ValueError("no compiler")

    with pytest.raises(ValueError, match="no compiler"):
        beside(fail)
