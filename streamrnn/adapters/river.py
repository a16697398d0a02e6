"""The detector as a river estimator.

river asks for two calls, of which the first must change nothing; the detector judges and learns in
one step. So `score_one` takes the step and keeps the state from before; `learn_one` of the same
reading, which is what nearly always follows, confirms it at no cost; any other call takes it back.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from river import base

from streamrnn.adapters.channels import DEFAULTS, Channels


class _Scored(NamedTuple):
    """A step that `learn_one` has not confirmed yet. before: the state to go back to."""

    x: dict[Any, Any]
    score: float
    before: dict[str, NDArray[Any]]


class StreamDetector(base.AnomalyDetector):
    """One small recurrent network per numeric feature; the worst score counts.

    Features that are no finite numbers count as absent: no reading of that channel at that time.

    Parameters
    ----------
    time
        The feature that holds the time, in seconds. Without one, readings are a second apart.
    warm_up
        Readings to learn from before a channel is judged; until then its score is 0.
    hidden
        Size of the hidden state: 8, 16 or 32.
    retrain_every
        How often a channel is trained afresh on its recent past, such as "1d", or "never".
    seed
        Same seed, same scores.

    Examples
    --------
    >>> from streamrnn.adapters.river import StreamDetector
    >>> detector = StreamDetector(warm_up=100)
    >>> for second in range(300):
    ...     x = {"temperature": 20.0 + second % 7}
    ...     score = detector.score_one(x)
    ...     detector.learn_one(x)
    >>> score < 1.0 < detector.score_one({"temperature": 90.0})
    True
    """

    def __init__(
        self,
        time: str | None = None,
        warm_up: int = DEFAULTS.warm_up,
        hidden: int = DEFAULTS.hidden,
        retrain_every: str = "1d",
        seed: int = 0,
    ) -> None:
        self.time = time
        self.warm_up = warm_up
        self.hidden = hidden
        self.retrain_every = retrain_every
        self.seed = seed
        self._channels = Channels(
            {"warm_up": warm_up, "hidden": hidden, "retrain_every": retrain_every, "seed": seed}
        )
        self._learned = 0
        self._scored: _Scored | None = None

    @classmethod
    def _unit_test_params(cls) -> Any:
        yield {"warm_up": 50}

    def score_one(self, x: Mapping[Any, Any]) -> float:
        """Below 1 inside the band of the usual, above 1 anomalous; 0 while warming up."""
        if self._scored is not None and self._scored.x == x:
            return self._scored.score
        self._take_back()
        before = self._channels.state()
        self._scored = _Scored(dict(x), self._step(x), before)
        return self._scored.score

    def learn_one(self, x: Mapping[Any, Any]) -> None:
        """Learns from one reading per feature. One that is not newer than the last is passed
        over."""
        if self._scored is None or self._scored.x != x:
            self._take_back()
            self._step(x)
        self._scored = None
        self._learned += 1

    def __getstate__(self) -> dict[str, Any]:
        self._take_back()
        return dict(self.__dict__)

    def _take_back(self) -> None:
        if self._scored is not None:
            self._channels.restore(self._scored.before)
            self._scored = None

    def _step(self, x: Mapping[Any, Any]) -> float:
        time = float(self._learned) if self.time is None else float(x[self.time])
        readings = {
            str(name): float(value)
            for name, value in x.items()
            if name != self.time and _is_number(value)
        }
        if not readings:
            return 0.0
        values = np.array([list(readings.values())])
        return float(self._channels.step(list(readings), values, np.array([time])).max())


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.number | np.bool_) and math.isfinite(value)
