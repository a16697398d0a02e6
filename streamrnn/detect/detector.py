"""The one-stream API for notebooks and other programs: a bank with one row."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from streamrnn.config import DetectorConfig
from streamrnn.config.problems import describe
from streamrnn.detect.arrays_file import decode, encode
from streamrnn.detect.bank import Bank
from streamrnn.detect.one_reading import MOST, NOT_JUDGED
from streamrnn.errors import ConfigError, InputError, StateError
from streamrnn.records import Decision, Kind, Outcome

_STREAM = "detector"


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
        self._slot = bank.slot(_STREAM)
        self._judge, self._place, self._kept_alive = bank.entry(self._slot)

    def step(self, value: float, time: float) -> Decision:
        """Judges one reading, then learns from it.

        value: in the sensor's unit. time: seconds since 1970; a reading not newer than the last one
        is not applied (outcome LATE or DUPLICATE). InputError when either is not a finite number,
        or beyond MOST.
        """
        # +: what is not a number has to fail here, as the entry would read the text "21.5"
        outcome, score, kind, yhat, lower, upper = self._judge(self._place, +value, +time)
        if outcome == NOT_JUDGED:
            return self._step_in_bank(value, time)
        return Decision(_OUTCOMES[outcome], score, _KINDS[kind], value, time, yhat, lower, upper)

    def _step_in_bank(self, value: float, time: float) -> Decision:
        value, time = float(value), float(time)
        if not (abs(value) <= MOST and abs(time) <= MOST):
            raise InputError(f"value and time must be finite numbers, no larger than {MOST:g}")
        found = self._bank.step([self._slot], [value], [time])
        return Decision(
            outcome=_OUTCOMES[found.outcome.item()],
            score=found.score.item(),
            kind=_KINDS[found.kind.item()],
            value=value,
            time=time,
            yhat=found.yhat.item(),
            yhat_lower=found.yhat_lower.item(),
            yhat_upper=found.yhat_upper.item(),
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

    def __getstate__(self) -> dict[str, Any]:
        """For copy and pickle: a copy must not share the addresses that the entry holds."""
        return {"config": self._bank.config, "arrays": self._bank.to_arrays()}

    def __setstate__(self, saved: Mapping[str, Any]) -> None:
        self._own(Bank.from_arrays(saved["config"], saved["arrays"]))


# By number; quicker than a call of the class.
_OUTCOMES = tuple(Outcome)
_KINDS = tuple(Kind)


def _config(facts: Mapping[str, Any]) -> DetectorConfig:
    try:
        return DetectorConfig(**facts["detector"])
    except (KeyError, ValidationError) as error:
        raise StateError(f"not a saved detector: {error}") from error
