from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamrnn.detect import layout
from streamrnn.detect.fault import CLEAN_FROM, SINCE
from streamrnn.detect.recipe import (
    ALARM_HALF_LIFE,
    ALARM_PAUSE,
    ALARM_RISE,
    DEVICE_REACH,
    ECHO,
    ENOUGH,
    FIRST_ERA,
    HABIT_WARM_SECONDS,
    LIKELY_ERROR,
    LONE,
    NOVELTY_CLEAR,
    NOVELTY_CLEAR_LEAST,
    NOVELTY_FROM,
    NOVELTY_LEAST,
    NOVELTY_TRUST,
    REHEARSAL,
    SHARE,
    SLOW_FROM,
    SLOW_REHEARSAL,
    TAKEN_UP,
    TRUST_RISE,
    TRUSTED,
)
from tests.detect.alarms import (
    HABIT,
    NOON,
    NOTHING,
    SCORE,
    device_of,
    grown_up,
    is_raised,
    mature,
    only,
    trust,
)
from tests.naive_evidence import Alarm

EVIDENCE = st.lists(st.floats(0.0, 3.0), min_size=len(ENOUGH), max_size=len(ENOUGH))


PAUSE = st.one_of(st.floats(0.0, 7200.0), st.just(86_400.0), st.floats(0.0, 1e6))
ELAPSED = st.one_of(st.floats(0.0, 4.0), st.floats(0.0, 500.0))  # the longest: eras pass
READING = st.tuples(
    EVIDENCE,
    ELAPSED,
    st.integers(0, 4),
    st.floats(0.0, 3.0 * NOVELTY_LEAST),
    st.floats(0.0, 1.5 * DEVICE_REACH),
    PAUSE,
)


@given(st.lists(READING, max_size=60), st.integers(150, 3000), st.integers(1, 5))
@settings(max_examples=80)
def test_alarms_are_the_twins(
    readings: list[tuple[list[float], float, int, float, float, float]], age: int, streams: int
) -> None:
    device, twin = device_of(streams, age), Alarm(streams)
    time = NOON
    for shares, elapsed, one, novelty, score, pause in readings:
        time += pause
        # no two channels are equally strong: which is burdened would hang on a rounding
        unequal = [share * (1.0 + 1e-6 * c) for c, share in enumerate(shares)]
        evidence = [share * enough for share, enough in zip(unequal, ENOUGH, strict=True)]
        stream = one % streams
        device[stream][layout.TIME] = time
        more = {"novelty": novelty, "score": score}
        found = trust(device[stream], evidence, elapsed, leader=device[0], **more)
        wanted = twin.trust(evidence, elapsed, age, time=time, stream=stream, **more)
        assert found == pytest.approx(wanted)


@pytest.mark.parametrize("channel", range(len(ENOUGH)))
def test_each_channel_is_enough_by_itself(channel: int) -> None:
    assert is_raised(grown_up(), only(channel, 1.001))
    assert not is_raised(grown_up(), only(channel, 0.999))


def test_a_lasting_anomaly_alarms_no_more_than_once_in_a_pause() -> None:
    numbers = grown_up()
    raised = [is_raised(numbers, only(HABIT, 100.0)) for _ in range(300)]
    assert min(np.diff(np.flatnonzero(raised))) >= ALARM_PAUSE


def test_what_comes_again_and_again_soon_calls_nobody() -> None:
    numbers = grown_up()
    raised = [is_raised(numbers, only(SCORE, 1.5), elapsed=4.0) for _ in range(40)]
    assert sum(raised) == 2  # 1.3^2 > 1.5


def test_a_burden_is_that_of_its_channel_alone() -> None:
    numbers = grown_up()
    assert is_raised(numbers, only(SCORE, 1.1))
    assert not is_raised(numbers, only(SCORE, 1.1), elapsed=ALARM_PAUSE)
    assert is_raised(numbers, only(HABIT, 1.1))


def test_a_burden_halves_in_its_half_life() -> None:
    numbers = grown_up()
    is_raised(numbers, only(SCORE, 2.0))
    for _ in range(int(ALARM_HALF_LIFE)):
        is_raised(numbers, only(SCORE, 0.0))
    assert not is_raised(numbers, only(SCORE, 0.99 * (1.0 + ALARM_RISE) ** 0.5))
    assert is_raised(numbers, only(SCORE, 1.01 * (1.0 + ALARM_RISE) ** 0.5))
    assert numbers[layout.BURDENS + SCORE] == pytest.approx(1.5, rel=2e-3)


@pytest.mark.parametrize(("allowed", "share"), [(0.25, 0.25), (1.0, 1.0), (30.0, 1.0)])
def test_a_stream_that_may_call_often_is_burdened_by_less(allowed: float, share: float) -> None:
    numbers = grown_up()
    numbers[layout.ALLOWED_SECONDS] = allowed * ALARM_HALF_LIFE * numbers[layout.INTERVAL]
    assert is_raised(numbers, only(SCORE, 1.1))
    assert numbers[layout.BURDENS + SCORE] == pytest.approx(share)


def test_a_threshold_raises_what_is_enough_in_every_channel() -> None:
    for channel in range(len(ENOUGH)):
        for size, called in ((2.1, True), (1.9, False)):
            evidence, error = only(channel, size), 2.0 * LIKELY_ERROR
            assert is_raised(grown_up(), evidence, threshold=2.0, error=error) is called
    likely = only(layout.FINE_CHANNEL, 2.1)
    assert not is_raised(grown_up(), likely, threshold=2.0, error=1.9 * LIKELY_ERROR)


def test_a_young_stream_wants_more_and_learns_all_the_same_what_it_does_by_nature() -> None:
    numbers = grown_up(REHEARSAL / 2.0)
    assert not is_raised(numbers, only(SCORE, 3.9))
    assert numbers[layout.BURDENS + SCORE] == 1.0
    assert is_raised(grown_up(REHEARSAL / 2.0), only(SCORE, 4.1))


def test_what_moves_slowly_shows_no_fault_that_is_over() -> None:
    for feature in range(1, layout.FINE_CHANNEL):
        numbers = grown_up()
        numbers[layout.FAULT + CLEAN_FROM] = REHEARSAL - ECHO + 1.0
        assert not is_raised(numbers, only(feature, 100.0))
        numbers[layout.READINGS] += 1.0
        assert is_raised(numbers, only(feature, 100.0))
        numbers = grown_up()
        numbers[layout.FAULT + SINCE] = 1.7e9
        assert not is_raised(numbers, only(feature, 100.0))


def test_before_a_day_and_a_night_a_feature_must_leave_its_range_by_all_of_it() -> None:
    for feature in range(layout.FINE_CHANNEL):
        numbers = grown_up()
        numbers[layout.INTERVAL] = 0.99 * HABIT_WARM_SECONDS / REHEARSAL
        assert not is_raised(numbers, only(feature, 0.99 / ENOUGH[feature]))
        assert is_raised(numbers, only(feature, 1.01 / ENOUGH[feature]))


def test_what_moves_slowly_calls_nobody_before_it_has_seen_enough_without_a_gap() -> None:
    for feature in range(1, layout.FINE_CHANNEL):
        numbers = grown_up()
        numbers[layout.BLOCKS_SEEN] = SLOW_FROM - 1.0
        assert not is_raised(numbers, only(feature, 100.0))
    assert is_raised(numbers, only(0, 100.0))


def test_what_moves_slowly_burdens_a_young_stream_and_calls_nobody() -> None:
    for feature in range(1, layout.FINE_CHANNEL):
        numbers = grown_up(SLOW_REHEARSAL - 1.0)
        assert not is_raised(numbers, only(feature, 100.0))
        assert numbers[layout.BURDENS + feature] == 1.0
        assert is_raised(grown_up(SLOW_REHEARSAL), only(feature, 100.0))
    assert is_raised(grown_up(SLOW_REHEARSAL - 1.0), only(0, 100.0))


def test_an_unlikely_error_that_is_small_is_no_news() -> None:
    assert not is_raised(grown_up(), only(layout.FINE_CHANNEL, 3.0), error=0.99 * LIKELY_ERROR)
    assert is_raised(grown_up(), only(layout.FINE_CHANNEL, 3.0), error=LIKELY_ERROR)


@pytest.mark.parametrize("channel", range(len(ENOUGH)))
def test_several_streams_of_a_device_call_where_none_of_them_would_alone(channel: int) -> None:
    device = device_of(4)
    raised = [is_raised(each, only(channel, 0.8), leader=device[0]) for each in device]
    assert raised == [False, False, False, True]  # 4 x 0.8^2 / sqrt(4) > 1


def test_one_stream_of_many_wants_more_than_it_would_alone_but_no_more_than_twice() -> None:
    for streams, enough in ((4, 4.0**0.25), (10_000, 1.0 / SHARE)):
        assert not is_raised(grown_up(streams=streams), only(SCORE, 0.99 * enough))
        assert is_raised(grown_up(streams=streams), only(SCORE, 1.01 * enough))


def test_a_stream_that_has_little_to_do_with_it_does_not_call() -> None:
    device = device_of(4)
    device[1][layout.SQUARES + SCORE] = device[0][layout.SUMS + SCORE] = LONE**2
    assert not is_raised(device[0], only(SCORE, 0.99 * SHARE), leader=device[0])
    assert is_raised(device[2], only(SCORE, 1.01 * SHARE), leader=device[0])


def test_what_a_stream_had_counts_until_its_next_reading() -> None:
    device = device_of(2)
    assert not is_raised(device[1], only(SCORE, 1.0), leader=device[0])
    is_raised(device[1], only(SCORE, 0.0), leader=device[0])
    assert device[0][layout.SUMS + SCORE] == 0.0
    assert not is_raised(device[0], only(SCORE, 1.0), leader=device[0])


def test_the_pause_of_a_device_is_as_long_as_that_of_a_stream_alone() -> None:
    device = device_of(3)
    raised = [
        sum(is_raised(each, only(HABIT, 100.0), leader=device[0]) for each in device)
        for _ in range(200)
    ]
    assert ALARM_PAUSE <= min(np.diff(np.flatnonzero(raised))) <= ALARM_PAUSE + 1.0


def test_a_novelty_as_high_as_never_before_calls_however_small_and_only_once() -> None:
    numbers = mature()
    assert is_raised(numbers, NOTHING, novelty=1.001 * NOVELTY_LEAST)
    assert not is_raised(numbers, NOTHING, novelty=1.01 * NOVELTY_LEAST)  # in the pause
    is_raised(numbers, NOTHING, elapsed=ALARM_PAUSE)
    assert is_raised(numbers, NOTHING, novelty=1.02 * NOVELTY_LEAST)
    is_raised(numbers, NOTHING, elapsed=ALARM_PAUSE)
    assert not is_raised(numbers, NOTHING, novelty=1.01 * NOVELTY_LEAST)


def test_a_record_far_above_the_last_may_be_smaller_still() -> None:
    for factor, breaks in ((1.001 * NOVELTY_CLEAR, True), (0.999 * NOVELTY_CLEAR, False)):
        numbers = mature()
        is_raised(numbers, NOTHING, novelty=0.99 * NOVELTY_CLEAR_LEAST)
        found = is_raised(numbers, NOTHING, novelty=factor * 0.99 * NOVELTY_CLEAR_LEAST)
        assert found is breaks


def test_a_record_of_its_youth_is_no_record_of_a_device_twice_as_old() -> None:
    for age, breaks in ((2.0 * FIRST_ERA - 2.0, False), (2.0 * FIRST_ERA + 1.0, True)):
        numbers = grown_up(NOVELTY_FROM)
        is_raised(numbers, NOTHING, novelty=2.0 * NOVELTY_LEAST)
        numbers[layout.READINGS] = FIRST_ERA
        while numbers[layout.TICKS] < age:
            assert not is_raised(numbers, NOTHING)
        assert is_raised(numbers, NOTHING, novelty=1.5 * NOVELTY_LEAST) is breaks


def test_a_record_keeps_nothing_quiet_but_records() -> None:
    numbers = mature()
    assert trust(numbers, NOTHING, novelty=2.0 * NOVELTY_LEAST) == NOVELTY_TRUST
    assert is_raised(numbers, only(SCORE, 1.1))


def test_what_a_stream_shows_while_all_is_new_to_it_is_no_record_to_be_broken() -> None:
    for heard, breaks in ((NOVELTY_FROM - 1.0, True), (NOVELTY_FROM, False)):
        numbers = grown_up(heard)
        is_raised(numbers, NOTHING, novelty=2.0 * NOVELTY_LEAST)
        numbers[layout.READINGS] = numbers[layout.TICKS] = FIRST_ERA
        assert is_raised(numbers, NOTHING, novelty=1.5 * NOVELTY_LEAST) is breaks


def test_a_device_that_called_often_of_late_is_trusted_less_and_at_last_not_at_all() -> None:
    burdened = mature()
    usual = trust(burdened, only(SCORE, 2.0))
    burdened[layout.PAUSE_UNTIL] = 0.0
    others = math.log(1.0 / TRUSTED) / math.log(1.0 + TRUST_RISE)  # so many alarms of another kind
    burdened[layout.BURDENS : layout.BURDENS + len(ENOUGH)] = 0.0
    burdened[layout.BURDENS + HABIT] = others
    assert trust(burdened, only(SCORE, 2.0)) == pytest.approx(usual * TRUSTED, rel=0.01)
    burdened[layout.PAUSE_UNTIL] = 0.0
    burdened[layout.BURDENS : layout.BURDENS + len(ENOUGH)] = 0.0
    burdened[layout.BURDENS + HABIT] = 2.0 * others
    assert not trust(burdened, only(SCORE, 1.1))
    assert burdened[layout.BURDENS + SCORE] == 1.0, "it burdens all the same"
    burdened[layout.PAUSE_UNTIL] = 0.0
    assert trust(burdened, NOTHING, novelty=2.0 * NOVELTY_LEAST) == NOVELTY_TRUST


def test_records_are_held_to_the_threshold() -> None:
    for threshold in (0.5, 2.0):
        least = threshold * NOVELTY_CLEAR_LEAST
        assert not is_raised(mature(), NOTHING, novelty=0.99 * least, threshold=threshold)
        assert is_raised(mature(), NOTHING, novelty=1.01 * least, threshold=threshold)


def test_a_record_pauses_for_less_long_where_many_alarms_are_allowed() -> None:
    numbers = mature()
    numbers[layout.ALLOWED_SECONDS] = ALARM_PAUSE * numbers[layout.INTERVAL]
    assert is_raised(numbers, NOTHING, novelty=2.0 * NOVELTY_LEAST)
    is_raised(numbers, NOTHING, elapsed=TAKEN_UP * ALARM_PAUSE)
    assert is_raised(numbers, NOTHING, novelty=3.0 * NOVELTY_LEAST)


def test_a_device_newly_put_together_of_old_streams_knows_no_records_yet() -> None:
    assert not is_raised(grown_up(10.0 * FIRST_ERA), NOTHING, novelty=2.0 * NOVELTY_LEAST)


def test_records_of_a_young_stream_and_tiny_ones_call_nobody() -> None:
    young = mature()
    young[layout.READINGS] = FIRST_ERA - 1.0
    assert not is_raised(young, NOTHING, novelty=2.0 * NOVELTY_LEAST)
    assert not is_raised(mature(), NOTHING, novelty=0.99 * NOVELTY_CLEAR_LEAST)
