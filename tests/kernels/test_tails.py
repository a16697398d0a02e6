from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamrnn.kernels import tails
from streamrnn.kernels.jit import kernel
from streamrnn.kernels.tails import LANES, tail_surprises
from streamrnn.kernels.vector import load
from tests.naive_evidence import Tails

NO_AVERAGE = np.ones(LANES, np.float32)
AT = 3  # not at the beginning, nor where a vector would lie by itself


@kernel
def judge_all(a: np.ndarray, alpha: np.ndarray, values: np.ndarray, out: np.ndarray) -> None:
    for t in range(len(out)):
        tail_surprises(a, AT, load(values, t * LANES, LANES), float(t), alpha)
        out[t] = a[AT : AT + LANES]


def judged(values: np.ndarray, alpha: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(n, LANES) from one statistic (n,) in all lanes, or from (n, LANES); and the state after."""
    table = np.broadcast_to(values.reshape(len(values), -1), (len(values), LANES))
    out = np.zeros((len(values), LANES), np.float32)
    memory = np.zeros(tails.SIZE + 6, np.float32)
    judge_all(memory, alpha, table.astype(np.float32).ravel(), out)
    return out, memory


def surprises(values: np.ndarray, alpha: np.ndarray = NO_AVERAGE) -> np.ndarray:
    return judged(values, alpha)[0]


@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 400))
@settings(max_examples=20)
def test_the_tails_are_the_twins(seed: int, n: int) -> None:
    random = np.random.default_rng(seed)
    values = random.exponential(size=(n, LANES)) * np.where(random.random((n, 1)) < 0.03, 20.0, 1.0)
    alpha = np.linspace(0.02, 1.0, LANES, dtype=np.float32)
    twin = Tails(alpha.tolist())
    wanted = [twin.judge(list(row)) for row in values]
    np.testing.assert_allclose(surprises(values, alpha), wanted, rtol=1e-3, atol=1e-3)


def test_an_exponential_tail_is_rated_by_its_own_probability() -> None:
    """-ln P of a value that one in N exceeds is ln N."""
    found = surprises(np.random.default_rng(0).exponential(size=100_000))[20_000:, 0]
    for share in (0.05, 0.01, 0.001):
        assert (found > -math.log(share)).mean() == pytest.approx(share, rel=0.3)


def test_below_the_tail_the_surprise_grows_with_the_value() -> None:
    values = np.random.default_rng(1).exponential(size=5_000)
    last = surprises(np.concatenate([values, [0.1]]))[-1, 0]
    more = surprises(np.concatenate([values, [1.0]]))[-1, 0]
    assert 0.0 < last < more < math.log(10.0)


def test_a_wild_beginning_does_not_blind_for_good() -> None:
    random = np.random.default_rng(2)
    values = np.concatenate([np.full(10, 300.0), random.exponential(size=3_000), [50.0]])
    assert surprises(values)[-1, 0] > 5.0


def test_one_fault_does_not_stretch_the_tail() -> None:
    random = np.random.default_rng(3)
    values = np.concatenate([random.exponential(size=3_000), [1e6], random.exponential(size=100)])
    assert surprises(np.append(values, 20.0))[-1, 0] > 10.0


def test_a_statistic_that_is_always_zero_never_surprises() -> None:
    assert surprises(np.zeros(1_000)).max() == 0.0


def test_nothing_surprises_more_than_the_cap() -> None:
    values = np.append(np.random.default_rng(4).exponential(size=1_000), 3e38)
    assert surprises(values)[-1, 0] == tails.LARGEST


def test_the_largest_numbers_leave_all_that_is_remembered_finite() -> None:
    random = np.random.default_rng(5)
    values = random.choice([0.0, 1e-38, 1e-12, 1.0, 1e18, 3e38, np.inf], 5_000)
    found, memory = judged(values, NO_AVERAGE)
    assert np.isfinite(found).all()
    assert np.isfinite(memory).all()


@kernel
def judge_once(a: np.ndarray, alpha: np.ndarray, values: np.ndarray, count: float) -> None:
    tail_surprises(a, AT, load(values, 0, LANES), count, alpha)


def test_after_a_thousand_million_readings_no_quantile_counts_as_begun_too_high() -> None:
    """A float32 counts to 2^24; compared with the readings, that would be too few above."""
    memory = np.zeros(tails.SIZE + 6, np.float32)
    state = memory[AT : AT + tails.SIZE].reshape(5, LANES)  # in the order of the offsets
    state[2], state[3], state[4] = 1.0, 0.01, 2.0**24
    before = state[2, 0]
    judge_once(memory, NO_AVERAGE, np.full(LANES, 0.5, np.float32), 1e9)
    step = tails.LEAST_GAIN * tails.SHARE_ABOVE * tails.LEAST_STEP
    assert before - state[2, 0] == pytest.approx(step, rel=0.1)
