import numpy as np

from streamrnn.config import AlertsConfig, DetectorConfig
from streamrnn.detect import Bank, EventTracker
from streamrnn.evaluate.watch import Settings, watch
from streamrnn.records import EventType

SILENCE = 500.0  # after 30,000 seconds


def with_a_jump(rows=5_000):
    values = np.random.default_rng(0).normal(size=rows)
    values[4_000:4_100] += 30.0
    times = np.arange(rows) * 10.0
    times[3_000:] += SILENCE
    return values, times


def test_it_decides_and_tells_what_bank_and_tracker_would():
    values, times = with_a_jump()
    watched = watch(values, times)
    bank = Bank(DetectorConfig())
    slots = np.full(len(values), bank.slot("stream"))
    expected = bank.step(slots, values, times)
    tracker = EventTracker(AlertsConfig(), "bench")
    assert np.array_equal(watched.decisions.score, expected.score)
    told = tracker.observe(bank.names, slots, values, times, expected)
    assert [(event.type, event.kind, event.time) for event in told] == [
        (event.type, event.kind, event.time) for event in watched.events if event.kind != "stale"
    ]


def test_the_clock_goes_on_while_nothing_arrives():
    watched = watch(*with_a_jump())
    stale = [event for event in watched.events if event.kind == "stale"]
    assert [event.type for event in stale] == [EventType.NEW, EventType.UPDATE, EventType.END]
    assert 30_000.0 < stale[0].time < stale[-1].time == 30_000.0 + SILENCE


def test_alerts_are_the_first_steps_of_anomalies():
    watched = watch(*with_a_jump())
    assert any(40_500.0 <= alert.time < 41_500.0 for alert in watched.alerts)
    assert {alert.type for alert in watched.alerts} == {EventType.NEW}
    assert len(watched.events) > len(watched.alerts)


def test_settings_are_obeyed():
    values, times = with_a_jump()
    patient = Settings(detector=DetectorConfig(warm_up=len(values)))
    assert {event.kind for event in watch(values, times, patient).events} == {"stale"}
