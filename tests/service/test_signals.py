"""Signals end a daemon that starts, and are noted by one that runs."""

from __future__ import annotations

import signal
import time

import pytest

from streamrnn.service.signals import Signals, StoppedAtStartError, handled


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_while_it_runs_the_wish_to_stop_is_noted_and_nothing_is_interrupted(
    number: signal.Signals,
) -> None:
    signals = Signals(starting=False)
    with handled(signals):
        signal.raise_signal(number)
    assert signals == Signals(starting=False, stop=True)


def test_while_it_starts_the_wish_to_stop_ends_it_though_one_exception_may_be_swallowed() -> None:
    def swallow_one() -> None:
        """As a callback of the compiler, which drops an exception and goes on."""
        try:
            signal.raise_signal(signal.SIGTERM)
        except StoppedAtStartError:
            time.sleep(10.0)

    signals = Signals()
    with handled(signals), pytest.raises(StoppedAtStartError):
        swallow_one()
    assert signals.stop


def test_a_reload_ends_nothing_not_even_a_start() -> None:
    signals = Signals()
    with handled(signals):
        signal.raise_signal(signal.SIGHUP)
    assert signals == Signals(reload=True)


def test_afterwards_signals_do_what_they_did_before() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with handled(Signals()):
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
