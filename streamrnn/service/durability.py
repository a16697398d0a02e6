"""Exact or relaxed: how much may wait for a checkpoint without keeping readings from us."""

from __future__ import annotations

import logging
import math
from typing import Final, Literal, NamedTuple

from streamrnn.service.acknowledgements import Mode

log = logging.getLogger("streamrnn.durability")

Setting = Literal["exact", "relaxed", "auto"]

_RATE_SECONDS: Final = 30.0  # the rate is a mean that forgets in about this time
_FITS: Final = 0.8  # of the window: then exact becomes relaxed ...
_FITS_AGAIN: Final = 0.4  # ... and below this relaxed becomes exact: no change to and fro
_HALF: Final = 0.5  # of the window: a checkpoint is made early
_NEARLY_FULL: Final = 0.75  # of the window: nothing can wait any more for a disk that fails
_SUSPICIOUS_PAUSES: Final = 10.0  # so many usual pauses without a message
_SHORTEST_SUSPICION_SECONDS: Final = 2.0
_AT_ONCE_SECONDS: Final = 1.0
_FEW: Final = 8  # held messages: no broker's window is smaller


class Load(NamedTuple):
    """What the choice is made from. now: monotonic seconds."""

    now: float
    messages: int  # of QoS 1, since the start
    held: int  # acknowledgements that wait for a checkpoint
    window: int  # messages that the broker sends ahead of acknowledgements, as far as we know
    disk_ails: bool


class Durability:
    """Chooses the mode, and says when a checkpoint is urgent. Belongs to the loop.

    Exact holds back acknowledgements until the next checkpoint. When more messages come between
    two checkpoints than the broker sends ahead, it would stop sending, so `auto` turns to relaxed.
    A disk that fails makes either relaxed: better to forget in a crash than to stop detecting.
    """

    def __init__(self, setting: Setting, checkpoint_every: float) -> None:
        """checkpoint_every: seconds."""
        self.mode = Mode.RELAXED if setting == "relaxed" else Mode.EXACT
        self.rate = 0.0  # messages per second
        self._setting = setting
        self._every = checkpoint_every
        self._suspended = False
        self._learned_window = math.inf
        self._last: Load | None = None
        self._last_message_at = 0.0
        self._stalled_with = 0  # held when the broker fell silent
        self._resumed_at = 0.0
        self._announce("as set" if setting != "auto" else "until the rate of messages is known")

    def observe(self, load: Load) -> None:
        """Called a few times per second."""
        last = self._last or load._replace(messages=0)
        self._last = load
        seconds, came = load.now - last.now, load.messages - last.messages
        if seconds > 0.0:
            share = -math.expm1(-seconds / _RATE_SECONDS)
            self.rate += share * (came / seconds - self.rate)
        if came:
            self._last_message_at = load.now
            self._learn_window(load)
        if self._setting != "relaxed":
            self._choose(load)

    @property
    def window(self) -> float:
        """Messages that may wait; less than what was stated when the broker turned out to send
        fewer ahead."""
        stated = math.inf if self._last is None else self._last.window
        return min(stated, self._learned_window)

    def is_half_full(self, held: int) -> bool:
        """So much waits that the broker soon stops sending."""
        return self.mode is Mode.EXACT and held >= _HALF * self.window

    def wants_checkpoint(self) -> bool:
        """What waits keeps, or soon keeps, the broker from sending."""
        load = self._last
        if load is None or self.mode is Mode.RELAXED or not load.held:
            return False
        if self.is_half_full(load.held):
            return True
        pause = max(_SHORTEST_SUSPICION_SECONDS, _SUSPICIOUS_PAUSES / max(self.rate, 1e-9))
        silent = load.now - self._last_message_at > pause
        if silent and load.held >= _FEW:
            self._stalled_with, self._resumed_at = load.held, 0.0
        return silent

    def acknowledged(self, now: float) -> None:
        """A checkpoint has set free what waited."""
        if self._stalled_with:
            self._resumed_at = now

    def _learn_window(self, load: Load) -> None:
        """Messages at once after acknowledgements that ended a silence: the broker had waited."""
        stalled_with, self._stalled_with = self._stalled_with, 0
        if not stalled_with or not self._resumed_at:
            return
        if load.now - self._resumed_at < _AT_ONCE_SECONDS and stalled_with < self.window:
            self._learned_window = stalled_with
            remedy = "set mqtt.receive_maximum to what the broker allows, or raise its limit"
            data = {"messages": stalled_with, "remedy": remedy}
            log.warning("broker_sends_less_ahead", extra={"data": data})

    def _choose(self, load: Load) -> None:
        if load.disk_ails and load.held >= _NEARLY_FULL * self.window:
            self._suspended = True
        elif not load.disk_ails:
            self._suspended = False
        if self._suspended:
            self._change(Mode.RELAXED, "the disk fails or is slow")
        elif self._setting == "exact":
            self._change(Mode.EXACT, "as set")
        else:
            self._choose_by_rate()

    def _choose_by_rate(self) -> None:
        waiting = self.rate * self._every
        fits = _FITS if self.mode is Mode.EXACT else _FITS_AGAIN
        compared = (
            f"{self.rate:.3g} messages/s of late, a checkpoint every {self._every:g} s, and the "
            f"broker sends {self.window:g} ahead"
        )
        if waiting <= fits * self.window:
            self._change(Mode.EXACT, compared)
        else:
            self._change(Mode.RELAXED, compared)

    def _change(self, mode: Mode, why: str) -> None:
        if mode is not self.mode:
            self.mode = mode
            self._announce(why)

    def _announce(self, why: str) -> None:
        meaning = {
            Mode.EXACT: "a crash neither loses nor repeats a reading",
            Mode.RELAXED: "a crash loses no alert, but what was learned since the last checkpoint",
        }
        data = {"mode": self.mode.value, "why": why, "meaning": meaning[self.mode]}
        if self.mode is Mode.RELAXED and self._setting == "auto":
            data["remedy"] = 'for exact: raise mqtt.receive_maximum, or state.durability = "exact"'
        log.info("durability", extra={"data": data})
