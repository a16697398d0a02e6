"""The detector on whole tables, by scikit-learn's own checks."""

from __future__ import annotations

import doctest
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils.estimator_checks import check_estimator

from streamrnn.adapters import sklearn
from streamrnn.adapters.sklearn import StreamDetector
from streamrnn.errors import InputError
from tests.adapters.recordings import ANOMALIES, ROWS, Recording, scores_of

NO_ANOMALIES = (
    "wants outliers in rows drawn from one distribution, as a share that is set in advance; "
    "this detector has no such share, and finds nothing unusual there"
)


def table(rows: int = ROWS, start: str = "2026-01-01") -> pd.DataFrame:
    readings = [x for x, _ in Recording()][:rows]
    return pd.DataFrame(readings, pd.date_range(start, periods=rows, freq="s"))


def test_scikit_learn_finds_nothing_wrong_beyond_what_is_explained() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about checks that it skips itself
        results = check_estimator(
            StreamDetector(warm_up=50),
            on_fail=None,
            expected_failed_checks={
                "check_outliers_fit_predict": NO_ANOMALIES,
                "check_outliers_train": NO_ANOMALIES,
            },
        )
    assert {r["check_name"]: str(r["exception"]) for r in results if r["status"] == "failed"} == {}
    assert sum(r["status"] == "passed" for r in results) > 30


def test_anomalous_rows_are_labelled() -> None:
    labels = StreamDetector(warm_up=100).fit_predict(table())
    assert set(labels[list(ANOMALIES)]) == {-1}
    assert (labels == -1).sum() < 0.1 * ROWS


def test_scores_are_those_of_the_detector_itself_by_channel() -> None:
    recording = table()
    seconds = recording.index.astype("datetime64[ns]").astype(np.int64) / 1e9
    expected = scores_of("1", recording["level"].to_numpy(), seconds.to_numpy())
    scores = StreamDetector(warm_up=100).fit(recording).scores_
    assert scores["level"].tolist() == expected
    assert scores.index.equals(recording.index)


def test_rows_that_come_after_are_scored_as_in_one_pass() -> None:
    recording = table()
    whole = StreamDetector(warm_up=100).fit(recording).scores_.max(axis=1)
    estimator = StreamDetector(warm_up=100).fit(recording[:200])
    assert (-estimator.score_samples(recording[200:])).tolist() == whole[200:].tolist()
    assert (-estimator.score_samples(recording[200:])).tolist() == whole[200:].tolist(), "again"
    assert (estimator.predict(recording[200:]) == -1).sum() >= len(ANOMALIES)


def test_rows_that_were_fitted_cannot_come_after() -> None:
    estimator = StreamDetector(warm_up=50).fit(table())
    with pytest.raises(InputError, match="must be later than 2026-01-01 00:06:39"):
        estimator.score_samples(table())


def test_rows_out_of_order_are_refused() -> None:
    with pytest.raises(InputError, match="row 1 of 2026-01-01 00:06:38 must be later"):
        StreamDetector(warm_up=50).fit(table()[::-1])


def test_times_of_a_zone_are_those_of_utc() -> None:
    naive = table(300)
    berlin = naive.tz_localize("UTC").tz_convert("Europe/Berlin")
    scores = [StreamDetector(warm_up=50).fit(t).scores_.to_numpy() for t in (naive, berlin)]
    assert np.array_equal(*scores)


def test_a_missing_value_is_a_reading_that_did_not_come() -> None:
    gaps = table()
    gaps.iloc[200:240, 0] = np.nan
    scores = StreamDetector(warm_up=100).fit(gaps).scores_
    assert scores["flow"].isna().sum() == 40
    whole = StreamDetector(warm_up=100).fit(table()).scores_
    assert scores["level"].equals(whole["level"])


def test_before_fit_there_is_nothing_to_score_by() -> None:
    with pytest.raises(NotFittedError):
        StreamDetector().score_samples(table())


def test_a_clone_has_the_settings_and_not_what_was_learned() -> None:
    twin = clone(StreamDetector(warm_up=77).fit(table(300)))
    assert twin.warm_up == 77
    assert not hasattr(twin, "scores_")


def test_its_example_is_true() -> None:
    assert doctest.testmod(sklearn).failed == 0
