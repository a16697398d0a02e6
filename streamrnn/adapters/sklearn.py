"""The detector on whole tables, as a scikit-learn estimator."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, OutlierMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from streamrnn.adapters.channels import DEFAULTS, Channels
from streamrnn.errors import InputError

_OUTLIER, _INLIER = -1, 1
_THRESHOLD = 1.0  # of our scores


class StreamDetector(OutlierMixin, BaseEstimator):
    """Judges the rows of a table in order, each before it is learned from, as a daemon would have.

    Rows are moments, columns are channels: each has a recurrent network of its own, and a row is
    as anomalous as its worst channel. A table with a `DatetimeIndex` has its times from there,
    which must rise; rows of any other are a second apart. Missing values are readings that did not
    come.

    warm_up, hidden, retrain_every, seed: as in `[detector]` of the configuration.

    After fit: `scores_`, one column per channel, below 1 usual, above 1 anomalous: a DataFrame
    where fit was given one, else an array.

    >>> import pandas as pd
    >>> from streamrnn.adapters.sklearn import StreamDetector
    >>> index = pd.date_range("2026-01-01", periods=400, freq="s")
    >>> table = pd.DataFrame({"flow": [20.0 + i % 7 for i in range(400)]}, index)
    >>> table.iloc[390] = 90.0
    >>> labels = StreamDetector(warm_up=100).fit_predict(table)
    >>> int(labels[390])
    -1
    """

    def __init__(
        self,
        *,
        warm_up: int = DEFAULTS.warm_up,
        hidden: int = DEFAULTS.hidden,
        retrain_every: str = "1d",
        seed: int = 0,
    ) -> None:
        self.warm_up = warm_up
        self.hidden = hidden
        self.retrain_every = retrain_every
        self.seed = seed

    def fit(self, X: Any, y: object = None) -> StreamDetector:
        """Goes through the table once. Raises ConfigError for wrong settings, InputError for times
        that do not rise. y: ignored."""
        values = self._values(X, reset=True)
        times = _times(X, len(values), after=None)
        self.channels_ = Channels(self.get_params())
        scores = self.channels_.step(self._names(), values, times)
        is_frame = isinstance(X, pd.DataFrame)
        self.scores_ = pd.DataFrame(scores, X.index, X.columns) if is_frame else scores
        self.last_time_ = float(times[-1])
        self.offset_ = -_THRESHOLD
        return self

    def fit_predict(self, X: Any, y: object = None) -> NDArray[np.int64]:
        """-1 for rows that were anomalous when they came, 1 for others: the judgement of `fit`."""
        return _labels(-_worst(np.asarray(self.fit(X).scores_)))

    def score_samples(self, X: Any) -> NDArray[np.float64]:
        """How usual each row is that comes after those of `fit`: (rows,), the lower the more
        anomalous, below -1 an anomaly. Each row is learned from before the next is judged, but the
        estimator itself does not change.

        Raises InputError for rows that are not later than those of `fit`: what was judged then is
        in `scores_`.
        """
        check_is_fitted(self)
        values = self._values(X, reset=False)
        times = _times(X, len(values), after=self.last_time_)
        return -_worst(self.channels_.copy().step(self._names(), values, times))

    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """`score_samples`, moved so that anomalies are below 0."""
        return self.score_samples(X) - self.offset_

    def predict(self, X: Any) -> NDArray[np.int64]:
        """-1 for anomalous rows, 1 for others; see `score_samples`."""
        return _labels(self.score_samples(X))

    def _values(self, X: Any, *, reset: bool) -> NDArray[np.float64]:
        options = {"dtype": np.float64, "ensure_all_finite": "allow-nan", "reset": reset}
        return np.asarray(validate_data(self, X, **options))

    def _names(self) -> list[str]:
        return [str(channel) for channel in range(self.n_features_in_)]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags


def _times(X: Any, rows: int, after: float | None) -> NDArray[np.float64]:
    """Seconds. after: of the last row of `fit`."""
    index = X.index if isinstance(X, pd.DataFrame) else None
    if not isinstance(index, pd.DatetimeIndex):
        first = 0.0 if after is None else after + 1.0
        return first + np.arange(rows, dtype=np.float64)
    stamps = index if index.tz is None else index.tz_convert("UTC").tz_localize(None)
    times = stamps.to_numpy("datetime64[ns]").astype(np.int64) / 1e9
    if after is not None and times[0] <= after:
        last = pd.Timestamp(after, unit="s")
        raise InputError(
            f"row 0 of {index[0]} must be later than {last}, the last one of fit; "
            "the scores of those are in scores_"
        )
    back = np.flatnonzero(~(np.diff(times) > 0.0))
    if back.size:
        row = int(back[0]) + 1
        raise InputError(f"row {row} of {index[row]} must be later than the one before; sort them")
    return times


def _worst(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of each row; 0 where no channel has a reading."""
    return np.asarray(np.nanmax(np.column_stack([scores, np.zeros(len(scores))]), axis=1))


def _labels(usualness: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.where(usualness < -_THRESHOLD, _OUTLIER, _INLIER)
