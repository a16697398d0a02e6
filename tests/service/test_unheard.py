"""A daemon that hears nothing says so."""

from __future__ import annotations

import pytest

from streamrnn.service.unheard import PATIENCE_SECONDS, Unheard


def said(caplog: pytest.LogCaptureFixture) -> int:
    return sum(record.message == "nothing_heard" for record in caplog.records)


def test_nothing_heard_for_a_while_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    unheard = Unheard()
    for now in (0.0, PATIENCE_SECONDS - 0.1):
        unheard.look(now, listening=True, messages=0)
    assert said(caplog) == 0
    for now in (PATIENCE_SECONDS, 10.0 * PATIENCE_SECONDS):
        unheard.look(now, listening=True, messages=0)
    assert said(caplog) == 1
    assert "streamrnn discover" in caplog.records[0].data["remedy"]  # type: ignore[attr-defined]


def test_time_without_a_broker_does_not_count(caplog: pytest.LogCaptureFixture) -> None:
    unheard = Unheard()
    unheard.look(0.0, listening=True, messages=0)
    unheard.look(50.0, listening=False, messages=0)
    unheard.look(100.0, listening=True, messages=0)
    unheard.look(159.0, listening=True, messages=0)
    assert said(caplog) == 0
    unheard.look(160.0, listening=True, messages=0)
    assert said(caplog) == 1


def test_after_the_first_message_silence_is_a_matter_of_streams(
    caplog: pytest.LogCaptureFixture,
) -> None:
    unheard = Unheard()
    unheard.look(0.0, listening=True, messages=0)
    unheard.look(1.0, listening=True, messages=1)
    unheard.look(1000.0, listening=True, messages=1)
    assert said(caplog) == 0
