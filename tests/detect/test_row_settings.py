from __future__ import annotations

import numpy as np
import pytest

from streamrnn.config import DetectorConfig
from streamrnn.config.hard_limits import HardLimits
from streamrnn.detect import layout
from streamrnn.detect.row_settings import name_hash, write_limits, write_settings


def row(**fields: float) -> np.ndarray:
    numbers = np.zeros(layout.NUMBERS)
    for name, value in fields.items():
        numbers[getattr(layout, name)] = value
    return numbers


def written(numbers: np.ndarray, **settings: object) -> np.ndarray:
    write_settings(numbers, DetectorConfig.model_validate(settings))
    return numbers


def test_settings_stand_in_the_row_in_seconds_and_readings() -> None:
    numbers = written(row(), warm_up=70, retrain_every="2h", adapt_after="1h")
    assert numbers[layout.WARM_UP] == 70.0
    assert numbers[layout.RETRAIN_EVERY] == 7200.0
    assert numbers[layout.ADAPT_AFTER] == 3600.0


@pytest.mark.parametrize("never", ["never", "on_ack"])
def test_what_never_happens_by_itself_is_infinitely_far(never: str) -> None:
    assert written(row(), adapt_after=never)[layout.ADAPT_AFTER] == np.inf


def test_a_threshold_that_followed_alarms_is_kept_as_long_as_it_may() -> None:
    learned = row(LOG_THRESHOLD=0.7)
    assert written(learned, false_alarms="1 per 30d")[layout.LOG_THRESHOLD] == 0.7
    assert learned[layout.ALLOWED_SECONDS] == 30.0 * 86_400.0
    assert written(learned, false_alarms="auto")[layout.LOG_THRESHOLD] == 0.0
    assert learned[layout.ALLOWED_SECONDS] == 0.0


def test_a_retraining_comes_no_later_than_the_new_interval_allows() -> None:
    far = row(TIME=1000.0, RETRAIN_AT=90_000.0)
    assert written(far, retrain_every="1m")[layout.RETRAIN_AT] == 1060.0
    near = row(TIME=1000.0, RETRAIN_AT=1010.0)
    assert written(near, retrain_every="1m")[layout.RETRAIN_AT] == 1010.0


def test_a_stream_that_has_no_time_of_retraining_yet_gets_none() -> None:
    assert written(row(TIME=1000.0), retrain_every="1m")[layout.RETRAIN_AT] == 0.0


def test_many_rows_are_written_like_one() -> None:
    rows = np.stack([row(TIME=10.0, RETRAIN_AT=9e4), row(), row(TIME=5.0, RETRAIN_AT=6.0)])
    alone = [written(each.copy(), retrain_every="1m") for each in rows]
    np.testing.assert_array_equal(written(rows, retrain_every="1m"), alone)


def limits_of(stream: str, *limits: HardLimits) -> tuple[float, float]:
    numbers = row()
    write_limits(numbers, stream, limits)
    return float(numbers[layout.LOW_LIMIT]), float(numbers[layout.HIGH_LIMIT])


def test_the_narrowest_of_all_limits_that_are_meant_for_a_stream_holds() -> None:
    wide = HardLimits(low=-40.0, high=85.0)
    cold = HardLimits(streams=("*/freezer", "lab/*"), high=-10.0)
    assert limits_of("hall/lamp", wide, cold) == (-40.0, 85.0)
    assert limits_of("hall/freezer", wide, cold) == (-40.0, -10.0)
    assert limits_of("lab/freezer", cold) == (-np.inf, -10.0)
    assert limits_of("hall/lamp", cold) == (-np.inf, np.inf)


def test_upper_and_lower_case_are_different_streams() -> None:
    assert limits_of("Hall", HardLimits(streams=("hall",), low=0.0)) == (-np.inf, np.inf)


def test_names_have_one_hash_in_every_run_even_those_that_are_no_unicode() -> None:
    assert name_hash("freezer/temperature") == 0x285E1CA0
    assert name_hash("\udcff") != name_hash("\udcfe")
    assert 0 <= name_hash("") < 2**32
