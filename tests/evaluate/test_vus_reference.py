"""VUS-PR against the reference implementation itself, where it is installed. Its metric needs but
one module; what its package asks for would weigh some gigabytes:

    pip install scikit-learn && pip install --no-deps tsb-ad

Without it, test_vus.py compares with values that it gave.
"""

import numpy as np
import pytest

from streamrnn.evaluate.series import inside, runs
from streamrnn.evaluate.vus import THRESHOLDS, vus_pr

reference = pytest.importorskip(
    "TSB_AD.evaluation.basic_metrics",
    reason="tsb-ad, the reference implementation of VUS-PR, is not installed",
)


@pytest.mark.parametrize("seed", range(8))
def test_random_cases_agree(seed):
    generator = np.random.default_rng(seed)
    n, width = int(generator.integers(250, 700)), int(generator.integers(0, 101))
    flags = np.repeat(generator.random(n // 25 + 1) < 0.15, 25)[:n]
    flags[:30], flags[n // 2 : n // 2 + 20] = False, True
    score = generator.random(n) + generator.random() * flags
    if seed % 4 == 0:
        score = np.round(score, 1)  # ties
    events = runs(flags)
    labels = inside(events, n).astype(int)
    expected = reference.generate_curve(labels, score, width, "opt", THRESHOLDS)[-1]
    assert vus_pr(score, events, width) == pytest.approx(expected, abs=1e-6)
