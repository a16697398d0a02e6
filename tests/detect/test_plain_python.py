"""The same source is compiled and plain: nothing in it means one thing to Numba and another to
Python."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from tests.detect.as_plain_python import decide

ROOT = Path(__file__).resolve().parents[2]


def test_the_detector_decides_the_same_without_the_compiler() -> None:
    finished = subprocess.run(
        [sys.executable, "-m", "tests.detect.as_plain_python"],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONWARNINGS": "ignore"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    plain = json.loads(finished.stdout)
    assert not plain["compiled"]
    alone, batched = plain["alone"]
    assert alone == batched
    compiled = decide()
    for name in ("outcome", "kind"):
        assert plain[name] == getattr(compiled, name).tolist()
    assert (np.array(plain["trust"]) > 0.0).tolist() == compiled.alarm.tolist()
    for name in ("score", "trust"):
        np.testing.assert_allclose(plain[name], getattr(compiled, name), rtol=1e-2, atol=1e-2)
    for name in ("yhat", "yhat_lower", "yhat_upper"):
        np.testing.assert_allclose(plain[name], getattr(compiled, name), rtol=1e-3, err_msg=name)
