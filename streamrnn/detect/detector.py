"""The one-stream API for notebooks and other programs: a bank with one row."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from streamrnn.config import DetectorConfig
from streamrnn.config.problems import describe
from streamrnn.detect.advance import COLUMNS, OUTCOME, SLOT, TIME_IN, UPPER_OUT, VALUE_IN
from streamrnn.detect.arrays_file import decode, encode
from streamrnn.detect.bank import Bank
from streamrnn.errors import ConfigError, InputError, StateError
from streamrnn.records import Decision, Kind, Outcome

_STREAM = "detector"
MOST = 1e100  # no sensor shows more; squares of it still fit
_LEAST = -MOST


class Detector:
    """Judges one stream, reading by reading, and learns as it goes.

    >>> from streamrnn import Detector
    >>> detector = Detector(warm_up=100)
    >>> for second in range(300):
    ...     decision = detector.step(20.0 + second % 7, time=float(second))
    >>> detector.step(90.0, time=300.0).is_anomaly
    True

    Same readings, same decisions: there is no clock and no unseeded randomness in it.
    """

    def __init__(self, **settings: Any) -> None:
        """settings: those of `[detector]` in the configuration, e.g. hidden=16, warm_up=150,
        retrain_every="1d", seed=0. ConfigError names every wrong one."""
        try:
            config = DetectorConfig(**settings)
        except ValidationError as error:
            raise ConfigError(describe(error, {})) from error
        self._own(Bank(config))

    def _own(self, bank: Bank) -> None:
        self._bank = bank
        self._table = np.zeros((1, COLUMNS))
        self._table[0, SLOT] = bank.slot(_STREAM)
        # quicker than numpy's indexing
        self._cells = self._table.data.cast("B").cast("d")
        self._judged = self._cells[OUTCOME : UPPER_OUT + 1]
        self._advance = bank.bound(self._table)

    def step(self, value: float, time: float) -> Decision:
        """Judges one reading, then learns from it.

        value: in the sensor's unit. time: seconds since 1970; a reading not newer than the last one
        is not applied (outcome LATE or DUPLICATE). InputError when either is not a finite number,
        or beyond MOST.
        """
        if not (_LEAST <= value <= MOST and _LEAST <= time <= MOST):
            raise InputError(f"value and time must be finite numbers, no larger than {MOST:g}")
        cells = self._cells
        cells[VALUE_IN] = value
        cells[TIME_IN] = time
        if self._advance() == 0:  # a retraining is due
            self._bank.step_table(self._table)
        outcome, score, kind, yhat, lower, upper = self._judged.tolist()
        return _new_tuple(
            Decision, (_OUTCOMES[outcome], score, _KINDS[kind], value, time, yhat, lower, upper)
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes everything learned to a file, replacing it whole or not at all."""
        target = Path(path)
        facts = {"detector": self._bank.config.model_dump(mode="json")}
        temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
        try:
            with temporary.open("wb") as file:
                file.writelines(encode(self._bank.to_arrays(), facts))
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Detector:
        """The detector that was saved; its decisions go on bit for bit. StateError when the file
        is not such a one, or damaged."""
        arrays, facts = decode(Path(path).read_bytes())
        detector = cls.__new__(cls)
        detector._own(Bank.from_arrays(_config(facts), arrays))
        return detector


# By the number in the table, a float. A Decision is made as `Decision._make` does it, but without
# the way through Python code, which takes half as long as the judging.
_OUTCOMES = {float(outcome): outcome for outcome in Outcome}
_KINDS = {float(kind): kind for kind in Kind}
_new_tuple = tuple.__new__


def _config(facts: Mapping[str, Any]) -> DetectorConfig:
    try:
        return DetectorConfig(**facts["detector"])
    except (KeyError, ValidationError) as error:
        raise StateError(f"not a saved detector: {error}") from error
