"""Each sensor has the character its name promises, whatever the seed and the interval."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streamrnn.demo.plant import Plant

DAY = 86_400.0
SEEDS = st.integers(0, 10_000)
INTERVALS = st.sampled_from([10.0, 60.0, 300.0, 900.0])
few_examples = settings(max_examples=20, deadline=None)


def draw(name, *, seed=1, interval=60.0, days=10.0):
    at = np.arange(0.0, days * DAY, interval)
    return at, Plant(seed).streams[name].values(at)


@few_examples
@given(SEEDS, INTERVALS)
def test_the_same_seed_gives_the_same_plant(seed, interval):
    at = np.arange(500) * interval
    for name, stream in Plant(seed).streams.items():
        np.testing.assert_array_equal(stream.values(at), Plant(seed).streams[name].values(at))


@few_examples
@given(SEEDS, st.integers(0, 5000))
def test_a_reading_is_the_same_whether_asked_alone_or_among_others(seed, index):
    at = np.arange(5001) * 60.0
    for stream in Plant(seed).streams.values():
        assert stream.values(at)[index] == stream.values(at[index : index + 1])[0]


def test_other_seeds_give_other_plants():
    at = np.arange(2000) * 60.0
    for name, stream in Plant(1).streams.items():
        assert np.any(stream.values(at) != Plant(2).streams[name].values(at)), name


def test_there_are_ten_devices_and_every_stream_lies_under_its_topic():
    plant = Plant(1)
    assert len(plant.devices) == 10
    for device in plant.devices:
        assert all(stream.name.startswith(device.topic) for stream in device.streams)
    assert plant.device_of("plant/press/power").topic == "plant/press"
    with pytest.raises(KeyError):
        plant.device_of("plant/press")


def test_readings_are_rounded_as_the_sensor_shows_them():
    for stream in Plant(1).streams.values():
        values = stream.values(np.arange(500) * 60.0)
        assert np.all(np.isfinite(values))
        np.testing.assert_array_equal(values, np.round(values, stream.decimals))


def test_devices_speak_bare_numbers_json_and_on_off():
    payloads = {}
    for device in Plant(1).devices:
        values = [stream.values(np.array([43_200.0]))[0] for stream in device.streams]
        payloads[device.topic] = device.encode(device.streams, values)
    climate = json.loads(payloads.pop("plant/hall/climate"))
    assert list(climate) == ["temperature", "humidity", "linkquality"]
    assert isinstance(climate["linkquality"], int)
    assert list(json.loads(payloads.pop("plant/press"))) == ["power", "voltage"]
    assert payloads.pop("plant/dock/door") in (b"ON", b"OFF")
    for payload in payloads.values():
        assert float(payload) == pytest.approx(float(payload))


def daily_correlation(name, peak_hour):
    at, values = draw(name, days=20.0)
    return np.corrcoef(values, np.cos(2.0 * np.pi * (at - peak_hour * 3600.0) / DAY))[0, 1]


def test_hall_temperature_has_a_daily_rhythm_and_humidity_mirrors_it():
    assert daily_correlation("plant/hall/climate/temperature", 15.0) > 0.9
    assert daily_correlation("plant/hall/climate/humidity", 15.0) < -0.8


def test_co2_follows_the_working_day():
    assert daily_correlation("plant/office/co2", 13.0) > 0.8


def test_sound_has_no_rhythm_and_no_memory():
    assert abs(daily_correlation("plant/hall/sound", 13.0)) < 0.05
    _, values = draw("plant/hall/sound")
    assert abs(np.corrcoef(values[1:], values[:-1])[0, 1]) < 0.05


def test_the_freezer_cycles_with_its_compressor():
    _, values = draw("plant/freezer/temperature")
    assert -20.0 < values.min() < -18.5
    assert -18.0 < values.max() < -16.5
    spectrum = np.abs(np.fft.rfft(values - values.mean()))
    slowest = len(values) // 240  # cycles longer than 4 h are the day's, not the compressor's
    period_minutes = len(values) / (slowest + np.argmax(spectrum[slowest:]))
    assert 25.0 < period_minutes < 50.0


def test_the_press_runs_in_batches_between_which_it_idles():
    _, power = draw("plant/press/power")
    idle, running = power < 400.0, power > 4000.0
    assert 0.1 < idle.mean() < 0.5
    assert 0.4 < running.mean() < 0.8
    batches = np.count_nonzero(running[1:] & ~running[:-1])
    assert batches == pytest.approx(10 * 24 * 60 / 80, abs=2)


def test_the_tank_drains_slowly_and_fills_quickly():
    _, level = draw("plant/tank/level", interval=300.0)
    assert 25.0 < level.min() < 40.0
    assert 85.0 < level.max() < 96.0
    steps = np.diff(level)
    assert np.count_nonzero(steps < 0) > 2 * np.count_nonzero(steps > 0)


@few_examples
@given(SEEDS)
def test_the_door_is_open_or_shut_and_opens_within_the_first_hours_of_warm_up(seed):
    _, door = draw("plant/dock/door", seed=seed, days=1.0)
    assert set(door.tolist()) == {0.0, 1.0}
    assert 0.01 < door.mean() < 0.3


@few_examples
@given(SEEDS, INTERVALS)
def test_the_energy_counter_never_runs_backwards(seed, interval):
    _, total = draw("plant/energy/total", seed=seed, interval=interval, days=4.0)
    assert np.all(np.diff(total) >= 0.0)
    assert total[-1] - total[0] == pytest.approx(4.0 * 24.0 * 24.0, rel=0.15)


def test_pressure_drifts_further_than_it_jumps():
    _, pressure = draw("plant/pipe/pressure")
    assert np.ptp(pressure) > 4.0 * np.abs(np.diff(pressure)).max()


def test_vibration_comes_in_bursts_over_a_quiet_floor():
    _, vibration = draw("plant/fan/vibration", interval=30.0)
    median = np.median(vibration)
    assert median < 1.2
    assert 0.02 < np.mean(vibration > 2.0 * median) < 0.2
    assert vibration.max() > 3.0 * median
