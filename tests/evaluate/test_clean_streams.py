import numpy as np
import pytest

from streamrnn.evaluate.clean_streams import (
    BEGIN,
    INTERVALS,
    QUIET_SENSORS,
    TEN_CHARACTERS,
)


def test_there_are_ten_characters_and_four_intervals():
    assert (len(TEN_CHARACTERS), len(INTERVALS)) == (10, 4)


@pytest.mark.parametrize("name", TEN_CHARACTERS)
def test_a_character_is_a_function_of_its_seed_shown_in_steps_of_its_display(name):
    character = TEN_CHARACTERS[name]
    first, again, other = (character.readings(seed, 60.0, 2_000) for seed in (1, 1, 2))
    assert np.array_equal(first.values, again.values)
    assert not np.array_equal(first.values, other.values)
    steps = first.values / character.resolution
    assert np.allclose(steps, np.round(steps), atol=1e-6)
    assert np.array_equal(np.diff(first.times), np.full(1_999, 60.0))


def test_every_seed_begins_at_a_midnight():
    for seed in (0, 1, 999, 5_000):
        begin = TEN_CHARACTERS["door"].readings(seed, 60.0, 2).times[0]
        assert (begin - BEGIN) % 86_400.0 == 0.0


@pytest.mark.parametrize("name", QUIET_SENSORS)
def test_a_quiet_sensor_speaks_in_order_for_as_many_days_as_asked(name):
    readings = QUIET_SENSORS[name](3, 5.0)
    assert np.isfinite(readings.values).all()
    assert (np.diff(readings.times) > 0.0).all()
    assert np.ptp(readings.times) <= 5.5 * 86_400.0
    assert np.array_equal(readings.values, QUIET_SENSORS[name](3, 5.0).values)


@pytest.mark.parametrize("name", ["door, on change", "temperature, on change"])
def test_what_speaks_on_change_never_repeats_itself(name):
    assert (np.diff(QUIET_SENSORS[name](0, 5.0).values) != 0.0).all()


def test_counters_and_rain_never_run_backwards():
    for name in ("rain gauge", "counter, idle at night"):
        assert (np.diff(QUIET_SENSORS[name](0, 9.0).values) >= 0.0).all()
