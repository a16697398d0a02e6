"""What the streams of a device are together, though each is only a little off."""

from __future__ import annotations

import math

import numpy as np
import pytest

from streamrnn.detect import layout
from streamrnn.detect.device_score import follow_device_score
from streamrnn.detect.recipe import (
    ALARM_PAUSE,
    DEVICE_ENOUGH,
    DEVICE_ODD,
    DEVICE_REACH,
    DEVICE_SPAN,
    NOVELTY_TRUST,
    REHEARSAL,
)
from tests.detect.alarms import NOTHING, SCORE, device_of, grown_up, is_raised, only, trust

NOISE, ODD = 0.25, 0.7


def hear(device: list[np.ndarray], scores: list[float], rounds: int) -> list[tuple[int, float]]:
    """(round, trust) of each alarm when every stream in turn has nothing but its score."""
    found = []
    for k in range(rounds):
        for numbers, score in zip(device, scores, strict=True):
            trusted = trust(numbers, NOTHING, leader=device[0], score=score)
            if trusted > 0.0:
                found.append((k, trusted))
    return found


def test_streams_that_are_odd_together_for_long_call_once_and_while_it_lasts_no_more() -> None:
    device = device_of(4)
    assert hear(device, [NOISE] * 4, 200) == []
    ((when, trusted),) = hear(device, [ODD] * 4, 300)
    assert 5 < when < 60
    assert trusted == NOVELTY_TRUST


def test_what_was_over_and_comes_again_calls_again() -> None:
    device = device_of(4)
    for _ in range(3):
        hear(device, [NOISE] * 4, 200)
        assert len(hear(device, [ODD] * 4, 100)) == 1


def test_a_stream_alone_has_no_such_score() -> None:
    alone = grown_up()
    assert hear([alone], [10.0], 300) == []
    assert alone[layout.SCORE_OF_LATE] == 0.0


def test_it_is_the_quadratic_mean_over_the_streams_averaged_over_their_readings() -> None:
    device, last, of_late = device_of(3), [0.0] * 3, 0.0
    for k, score in enumerate(np.random.default_rng(0).exponential(1.0, 200).tolist()):
        numbers, stream = device[k % 3], k % 3
        numbers[layout.HELD_SCORE] = score
        last[stream] = min(score, DEVICE_REACH)
        now = math.sqrt(sum(each**2 for each in last) / 3.0)
        of_late += 2.0 / (DEVICE_SPAN + 1.0) / 3.0 * (now - of_late)
        assert follow_device_score(numbers, device[0], 1.0) == pytest.approx(now)
        assert device[0][layout.SCORE_OF_LATE] == pytest.approx(of_late)


def test_young_streams_do_not_call_together() -> None:
    device = device_of(4, REHEARSAL - 1.0)
    assert hear(device, [ODD] * 4, 300) == []


def test_one_wild_score_counts_for_no_more_than_a_clear_one() -> None:
    device = device_of(16)
    hear(device, [1e6] + [0.0] * 15, 300)
    assert device[0][layout.SCORE_OF_LATE] == pytest.approx(3.0 / 4.0, rel=0.01)


def test_what_falls_does_not_call() -> None:
    device = device_of(4)
    device[0][layout.SCORE_OF_LATE] = 2.0 * DEVICE_ENOUGH
    assert hear(device, [NOISE] * 4, 100) == []


def test_it_calls_by_a_stream_that_has_a_share_in_it() -> None:
    device = device_of(4)
    calling = [
        stream
        for _ in range(100)
        for stream, score in enumerate([0.0, 0.0, 0.0, 2.0])
        if is_raised(device[stream], NOTHING, leader=device[0], score=score)
    ]
    assert calling == [3]


def test_a_stream_that_is_a_little_off_waits_for_its_device_and_calls_with_it() -> None:
    device = device_of(4)
    little = only(SCORE, 3.0)
    assert not is_raised(device[1], little, leader=device[0], score=0.6)
    assert device[0][layout.BURDENS + SCORE] == 1.0, "it burdens, as if it had called"
    ((_, trusted),) = hear(device, [0.5, 0.6, 0.5, 0.5], 25)
    assert trusted > 1.0, "the trust is that in what waited"
    assert DEVICE_ODD <= device[0][layout.SCORE_OF_LATE] < DEVICE_ENOUGH


def test_what_waited_until_the_pause_was_over_calls_nobody() -> None:
    device = device_of(4)
    assert not is_raised(device[1], only(SCORE, 3.0), leader=device[0], score=0.6)
    assert hear(device, [0.0, 0.0, 0.0, 0.0], int(ALARM_PAUSE) + 1) == []
    assert hear(device, [0.0, 2.0, 0.0, 0.0], 5) == []


def test_a_stream_that_is_far_off_waits_for_nobody() -> None:
    device = device_of(16)
    assert is_raised(device[1], only(SCORE, 3.0), leader=device[0], score=1.0)
    device = device_of(16)
    assert not is_raised(device[1], only(SCORE, 3.0), leader=device[0], score=0.99)


def test_a_stream_alone_waits_for_nobody() -> None:
    assert is_raised(grown_up(), only(SCORE, 1.1), score=0.0)


def test_who_allows_many_alarms_is_told_of_less() -> None:
    device = device_of(4)
    how = {"leader": device[0], "score": 0.3, "threshold": 0.25}
    assert is_raised(device[1], only(SCORE, 3.0), **how)
