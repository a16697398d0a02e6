"""Several channels of one thing, each with a detector of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from streamrnn.config import DetectorConfig
from streamrnn.config.problems import describe
from streamrnn.detect import Bank
from streamrnn.errors import ConfigError

DEFAULTS: Final = DetectorConfig()
MOST: Final = 1e100  # no sensor shows more; squares of it still fit


_DEVICE: Final = "channels"  # what comes in one row is one device


class Channels:
    """A bank with one stream per channel; new names make new channels."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        """settings: those of `[detector]`. Raises ConfigError."""
        try:
            self._config = DetectorConfig(**settings)
        except ValidationError as error:
            raise ConfigError(describe(error, {})) from error
        self._bank = Bank(self._config)

    @property
    def names(self) -> Sequence[str]:
        return self._bank.names

    def step(
        self, names: Sequence[str], values: NDArray[np.float64], times: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Judges the rows in order, learning from each after judging it.

        values: (rows, channels), NaN where a channel has no reading. times: (rows,), seconds,
        rising. Returns scores (rows, channels): below 1 usual, above 1 anomalous, NaN where there
        is no reading.
        """
        slots = np.array([self._bank.slot(name, _DEVICE) for name in names], np.int64)
        row, column = np.nonzero(~np.isnan(values))
        readings = np.clip(values[row, column], -MOST, MOST)
        decisions = self._bank.step(slots[column], readings, times[row])
        scores = np.full(values.shape, np.nan)
        scores[row, column] = decisions.score
        return scores

    def state(self) -> dict[str, NDArray[Any]]:
        """Everything learned: copies."""
        return self._bank.to_arrays()

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Back to what `state` returned."""
        self._bank = Bank.from_arrays(self._config, state)

    def copy(self) -> Channels:
        twin = Channels(self._config.model_dump(mode="json"))
        twin.restore(self.state())
        return twin

    def __getstate__(self) -> dict[str, Any]:
        """For pickle and copy: compiled steps cannot be written down."""
        return {"settings": self._config.model_dump(mode="json"), "state": self.state()}

    def __setstate__(self, saved: Mapping[str, Any]) -> None:
        self.__init__(saved["settings"])  # type: ignore[misc]
        self.restore(saved["state"])
