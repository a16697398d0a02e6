from __future__ import annotations

import copy
import math
import pickle
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import astuple

from streamrnn.detect import Bank
from streamrnn.detect.detector import Detector
from streamrnn.detect.recipe import RANGE_WARM_READINGS
from streamrnn.errors import ConfigError, InputError, StateError
from streamrnn.records import Decision, Kind, Outcome
from tests.detect.streams import RETRAINING, rough_stream, seconds, sine, step_one

SETTINGS = {"hidden": 8, "warm_up": 50, "retrain_every": "60s", "seed": 7}


def decide(detector: Detector, values: np.ndarray, times: np.ndarray) -> list[Decision]:
    return [detector.step(float(v), time=float(t)) for v, t in zip(values, times, strict=True)]


def assert_same(first: list[Decision], second: list[Decision]) -> None:
    """A NaN is the same as another one."""
    np.testing.assert_equal([astuple(d) for d in first], [astuple(d) for d in second])


def test_a_detector_is_a_bank_with_one_stream() -> None:
    values, times = rough_stream(1, 300)
    decided = decide(Detector(**SETTINGS), values, times)
    # the stream's name spreads the retraining times
    columns = step_one(Bank(RETRAINING), values, times, "detector")
    for k, decision in enumerate(decided):
        assert decision.outcome == columns.outcome[k]
        assert decision.score == columns.score[k]
        assert decision.kind == columns.kind[k]
        forecast = [decision.yhat, decision.yhat_lower, decision.yhat_upper]
        np.testing.assert_array_equal(forecast, [column[k] for column in columns[4:7]])


def test_a_decision_carries_its_reading_and_plain_types() -> None:
    decision = Detector(**SETTINGS).step(21.5, time=1.7e9)
    assert (decision.value, decision.time) == (21.5, 1.7e9)
    assert decision.outcome is Outcome.WARMING
    assert decision.kind is Kind.NONE
    assert type(decision.score) is float
    assert math.isnan(decision.yhat)
    assert not decision.is_anomaly


def test_a_jump_out_of_the_range_is_an_anomaly() -> None:
    detector = Detector(**SETTINGS)
    n = int(RANGE_WARM_READINGS) + 100
    decide(detector, sine(n), seconds(n))
    decision = detector.step(90.0, time=float(seconds(n + 1)[-1]))
    assert decision.is_anomaly
    assert decision.kind is Kind.OUT_OF_RANGE
    assert decision.yhat_lower < decision.yhat < decision.yhat_upper < 90.0


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_what_is_not_a_number_is_refused_and_leaves_no_trace(bad: float) -> None:
    disturbed, plain = Detector(**SETTINGS), Detector(**SETTINGS)
    first = (sine(100), seconds(100))
    decide(disturbed, *first)
    decide(plain, *first)
    with pytest.raises(InputError, match="finite"):
        disturbed.step(bad, time=2e9)
    with pytest.raises(InputError, match="finite"):
        disturbed.step(1.0, time=bad)
    after = (sine(50), seconds(50) + 100.0)
    assert decide(disturbed, *after) == decide(plain, *after)


@pytest.mark.parametrize("bad", ["21.5", b"21.5", None, [21.5]])
def test_what_is_no_number_at_all_is_a_type_error(bad: Any) -> None:
    detector = Detector(**SETTINGS)
    with pytest.raises(TypeError):
        detector.step(bad, time=1.7e9)
    with pytest.raises(TypeError):
        detector.step(21.5, time=bad)


@pytest.mark.parametrize("kind", [int, np.float32, np.float64, np.int64, Decimal, Fraction])
def test_every_kind_of_number_counts_as_its_value(kind: Any) -> None:
    plain, other = Detector(**SETTINGS), Detector(**SETTINGS)
    for k in range(60):
        wanted = plain.step(float(k % 7), time=1.7e9 + k)
        found = other.step(kind(k % 7), time=1.7e9 + k)
        assert (found.score, found.yhat) == pytest.approx((wanted.score, wanted.yhat), nan_ok=True)


def test_a_number_beyond_every_sensor_is_refused() -> None:
    detector = Detector(**SETTINGS)
    for value, time in ((1.1e100, 1.7e9), (-1.1e100, 1.7e9), (1.0, 1.1e100)):
        with pytest.raises(InputError, match="no larger than 1e"):
            detector.step(value, time)


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda d: pickle.loads(pickle.dumps(d))]
)
def test_a_copy_goes_its_own_way_from_where_the_original_stands(copied: Any) -> None:
    values, times = rough_stream(2, 250)
    original, wanted = Detector(**SETTINGS), Detector(**SETTINGS)
    decide(original, values[:150], times[:150])
    decide(wanted, values[:150], times[:150])
    twin = copied(original)
    decide(twin, sine(80) + 50.0, times[149] + seconds(80, 1.0))
    assert_same(*(decide(d, values[150:], times[150:]) for d in (original, wanted)))


def test_every_wrong_setting_is_named() -> None:
    with pytest.raises(ConfigError) as caught:
        Detector(hidden=7, warm_up=1, speed=3)
    for name in ("hidden", "warm_up", "speed"):
        assert any(name in problem for problem in caught.value.problems), name


@given(cut=st.integers(0, 250), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=15)
def test_a_loaded_detector_goes_on_bit_for_bit(
    tmp_path_factory: pytest.TempPathFactory, cut: int, seed: int
) -> None:
    path = tmp_path_factory.mktemp("saved") / "detector"
    values, times = rough_stream(seed, 250)
    whole = Detector(**SETTINGS)
    decide(whole, values[:cut], times[:cut])
    whole.save(path)
    loaded = Detector.load(path)
    assert_same(*(decide(d, values[cut:], times[cut:]) for d in (whole, loaded)))


def test_saving_replaces_the_file_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "detector"
    detector = Detector(**SETTINGS)
    detector.save(path)
    before = path.read_bytes()
    decide(detector, sine(60), seconds(60))
    detector.save(path)
    assert path.read_bytes() != before
    assert list(tmp_path.iterdir()) == [path]


def test_saving_where_nothing_can_be_written_leaves_the_old_file(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="missing"):
        Detector(**SETTINGS).save(tmp_path / "missing" / "detector")


@pytest.mark.parametrize("damage", [b"", b"not a detector at all, but long enough to look at it"])
def test_a_file_that_is_no_detector_is_refused(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "detector"
    path.write_bytes(damage)
    with pytest.raises(StateError):
        Detector.load(path)


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "detector"
    Detector(**SETTINGS).save(path)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(StateError):
        Detector.load(path)
