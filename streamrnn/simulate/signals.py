"""The characters of the plant's sensors: each a function that returns a `Signal`.

A signal maps instants (seconds of plant time, where 0 is a midnight) to physical values before the
sensor rounds them. It is pure and takes arrays of any length, so a benchmark can draw a month of a
sensor in one call. What happens in cycles (batches, compressor runs, door openings) is numbered,
and everything random about cycle k is a hash of k.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from streamrnn.simulate.noise import FloatArray, Noise

Signal = Callable[[FloatArray], FloatArray]

MINUTE = 60.0
HOUR = 3600.0
DAY = 86400.0


def daily(at: FloatArray, peak_hour: float) -> FloatArray:
    """A cosine of one day, 1 at `peak_hour` and -1 twelve hours later."""
    return np.cos(2.0 * np.pi * (at - peak_hour * HOUR) / DAY)


def activity(at: FloatArray) -> FloatArray:
    """How busy the plant is, 0.3 at night to 1 by day: it works round the clock."""
    return 0.3 + 0.7 / (1.0 + np.exp(-6.0 * daily(at, 13.0)))


def weather(plant: Noise, at: FloatArray) -> FloatArray:
    """What the season and the sky add; shared by every sensor that feels them. Within [-1, 1]."""
    return plant.child("weather").smooth(at, 9.0 * HOUR)


def hall_temperature(plant: Noise) -> Signal:
    """Daily rhythm, degC: peaks in mid-afternoon, drifts with the weather."""
    own = plant.child("hall_temperature")

    def signal(at: FloatArray) -> FloatArray:
        return 20.0 + 2.5 * daily(at, 15.0) + 0.8 * weather(plant, at) + 0.08 * own.white(at)

    return signal


def hall_humidity(plant: Noise) -> Signal:
    """Relative humidity, %: the mirror image of the hall's temperature."""
    own = plant.child("hall_humidity")

    def signal(at: FloatArray) -> FloatArray:
        slow = -5.0 * daily(at, 15.0) - 3.0 * weather(plant, at) + 1.5 * own.smooth(at, HOUR)
        return 48.0 + slow + 0.3 * own.white(at)

    return signal


def link_quality(plant: Noise) -> Signal:
    """What a Zigbee device adds to every message: a small whole number that means little."""
    own = plant.child("link_quality")

    def signal(at: FloatArray) -> FloatArray:
        return 118.0 + 6.0 * own.smooth(at, 2.0 * HOUR) + 2.0 * own.white(at)

    return signal


def freezer_temperature(plant: Noise) -> Signal:
    """Compressor cycles of about 35 min, degC: a quick fall, a slow rise."""
    own = plant.child("freezer")

    def signal(at: FloatArray) -> FloatArray:
        phase = at / (35.0 * MINUTE) + 0.25 * own.smooth(at, 4.0 * HOUR)
        fraction = phase - np.floor(phase)
        sawtooth = np.where(fraction < 0.35, 1.0 - fraction / 0.35, (fraction - 0.35) / 0.65)
        return -19.0 + 1.3 * sawtooth + 0.3 * daily(at, 15.0) + 0.05 * own.white(at)

    return signal


def press_power(plant: Noise) -> Signal:
    """Batch machine, W: idle, ramp, run with its strokes, cool down; a batch every 80 min."""
    own = plant.child("press")
    idle, cycle = 180.0, 80.0 * MINUTE

    def signal(at: FloatArray) -> FloatArray:
        batch = np.floor(at / cycle)
        since = at - batch * cycle - (6.0 + 6.0 * own.uniform(3.0 * batch)) * MINUTE
        run_ends = (42.0 + 6.0 * own.uniform(3.0 * batch + 1.0)) * MINUTE
        load = 5000.0 + 400.0 * own.uniform(3.0 * batch + 2.0)
        strokes = 250.0 * np.sin(2.0 * np.pi * since / (6.0 * MINUTE))
        ramp = since / (5.0 * MINUTE)
        cooling = np.exp(-np.maximum(since - run_ends, 0.0) / (3.0 * MINUTE))
        running = np.where(ramp < 1.0, load * ramp, load + strokes)
        power = np.where(since < 0.0, 0.0, np.where(since < run_ends, running, load * cooling))
        return idle + power + np.asarray(12.0 + 0.01 * power) * own.white(at)

    return signal


def mains_voltage(plant: Noise) -> Signal:
    """Grid voltage, V: noise on a faint daily rhythm, lower when everybody cooks."""
    own = plant.child("mains")

    def signal(at: FloatArray) -> FloatArray:
        return 231.0 - 1.2 * daily(at, 18.0) + 0.8 * own.smooth(at, HOUR) + 0.5 * own.white(at)

    return signal


def tank_level(plant: Noise) -> Signal:
    """Fill and drain, %: five hours of consumption and refill, each cycle a little different."""
    own = plant.child("tank")
    cycle, draining = 5.0 * HOUR, 0.8

    def signal(at: FloatArray) -> FloatArray:
        number = np.floor(at / cycle)
        fraction = at / cycle - number
        high = 90.0 + 4.0 * own.uniform(2.0 * number)
        next_high = 90.0 + 4.0 * own.uniform(2.0 * number + 2.0)
        low = 28.0 + 6.0 * own.uniform(2.0 * number + 1.0)
        drain = high + (low - high) * fraction / draining
        fill = low + (next_high - low) * (fraction - draining) / (1.0 - draining)
        return np.where(fraction < draining, drain, fill) + 0.15 * own.white(at)

    return signal


def dock_door(plant: Noise) -> Signal:
    """On/off: 1 while open. At most one opening of 2 to 6 min in every 25 min, rarer at night."""
    own = plant.child("door")
    slot_length = 25.0 * MINUTE

    def signal(at: FloatArray) -> FloatArray:
        slot = np.floor(at / slot_length)
        used = own.uniform(3.0 * slot) < activity((slot + 0.5) * slot_length)
        since = at - slot * slot_length - 15.0 * MINUTE * own.uniform(3.0 * slot + 1.0)
        open_for = (2.0 + 4.0 * own.uniform(3.0 * slot + 2.0)) * MINUTE
        return (used & (since >= 0.0) & (since < open_for)).astype(np.float64)

    return signal


def energy_counter(plant: Noise) -> Signal:
    """Monotone counter, kWh: the integral of a load of some 24 kW with a daily rhythm.

    The wobble's slope stays below 2 kW, the load's above 15 kW: it never runs backwards.
    """
    own = plant.child("energy")
    load_kw, swing, wobble_scale = 24.0, 0.3, 3.0 * HOUR

    def signal(at: FloatArray) -> FloatArray:
        rhythm = swing * DAY / (2.0 * np.pi) * np.sin(2.0 * np.pi * (at - 13.0 * HOUR) / DAY)
        wobble = (2.0 / 3.0) * (wobble_scale / HOUR) * own.smooth(at, wobble_scale)
        return 48210.0 + load_kw / HOUR * (at + rhythm) + wobble

    return signal


def pipe_pressure(plant: Noise) -> Signal:
    """Slow drift, bar: wanders over a day or two, with little noise."""
    own = plant.child("pressure")

    def signal(at: FloatArray) -> FloatArray:
        slow = 0.45 * own.smooth(at, 30.0 * HOUR) + 0.15 * own.smooth(at, 7.0 * HOUR)
        return 6.2 + slow + 0.02 * own.white(at)

    return signal


def fan_vibration(plant: Noise) -> Signal:
    """Bursts, mm/s: a low floor, and short decaying bursts at irregular times."""
    own = plant.child("vibration")
    slot_length = 18.0 * MINUTE

    def signal(at: FloatArray) -> FloatArray:
        slot = np.floor(at / slot_length)
        since = at - slot * slot_length - 10.0 * MINUTE * own.uniform(3.0 * slot)
        strength = np.where(own.uniform(3.0 * slot + 1.0) < 0.75, 1.0, 0.0)
        strength *= 1.5 + 3.0 * own.uniform(3.0 * slot + 2.0)
        decay = np.exp(-np.maximum(since, 0.0) / (2.0 * MINUTE))
        burst = np.where(since < 0.0, 0.0, strength * decay)
        return 0.9 + burst + (0.1 + 0.15 * burst) * np.abs(own.white(at))

    return signal


def hall_noise(plant: Noise) -> Signal:
    """Sound level, dB: noise with no rhythm at all."""
    own = plant.child("sound")

    def signal(at: FloatArray) -> FloatArray:
        return 62.0 + 2.0 * own.white(at)

    return signal


def office_co2(plant: Noise) -> Signal:
    """Carbon dioxide, ppm: follows the people, who are never quite the same number."""
    own = plant.child("co2")

    def signal(at: FloatArray) -> FloatArray:
        people = activity(at - 0.5 * HOUR) * (1.0 + 0.15 * own.smooth(at, 50.0 * MINUTE))
        return 420.0 + 480.0 * people + 6.0 * own.white(at)

    return signal
