import math

import numpy as np
import pytest

from streamrnn.evaluate.detectors import Verdict
from streamrnn.evaluate.figures import MEAN_OF_SIX, SIX_SETS, summarise, to_json
from streamrnn.evaluate.protocol import Figure, figures_of, measure
from streamrnn.evaluate.series import Series

EVENT = (600, 639)


def recording(name="x", events=(EVENT,), has_clock=True):
    return Series(
        name=name,
        channels=["value"],
        times=np.arange(1_000) * 60.0,
        values=np.zeros((1_000, 1)),
        events=np.array(events, np.int64).reshape(-1, 2),
        start=200,
        has_clock=has_clock,
    )


def verdict(peak=605, alarms=None):
    score = np.random.default_rng(0).random(1_000)
    score[peak] = 9.0
    if alarms is None:
        return Verdict(score)
    trust = np.zeros((1_000, 1))
    trust[alarms] = 1.0
    return Verdict(score, trust, trust[:, 0] > 0.0)


def result(data_set="ucr", seed=0, series=None, **of_verdict):
    return measure(data_set, series or recording(), "streamrnn", seed, verdict(**of_verdict))


def test_what_lies_before_the_start_does_not_count():
    found = result(peak=100, alarms=[50, 199, 610])
    assert found.alarms is not None
    assert (found.alarms.false_alarms, found.alarms.delay_rows) == (0, [10.0])
    assert found.alarms.rows == 800


@pytest.mark.parametrize(("peak", "hit"), [(499, 0), (500, 1), (739, 1), (740, 0)])
def test_top_1_asks_for_the_highest_score_near_the_event(peak, hit):
    assert result(peak=peak).top_1 == hit


def test_a_series_without_events_counts_for_alarms_only():
    quiet = result(series=recording("quiet", events=()), alarms=[300, 700])
    figures = figures_of("wsn", [result(alarms=[610]), quiet])
    assert math.isnan(quiet.vus_pr)
    assert figures[Figure.VUS_PR] == result().vus_pr
    assert figures[Figure.EVENT_RECALL] == 1.0
    assert figures[Figure.FALSE_PER_10K_ROWS] == pytest.approx(2 / 1_600 * 1e4)
    assert figures[Figure.FALSE_PER_STREAM_WEEK] == pytest.approx(2 / (1_600 / 10_080))


def test_without_a_clock_there_are_no_seconds_and_no_weeks():
    figures = figures_of("ucr", [result(series=recording(has_clock=False), alarms=[610, 300])])
    assert figures[Figure.DELAY_ROWS] == 10.0
    assert Figure.DELAY_SECONDS not in figures
    assert Figure.FALSE_PER_STREAM_WEEK not in figures


def test_a_detector_without_a_threshold_has_no_figures_at_the_shipped_alarm():
    figures = figures_of("skab", [result("skab")])
    assert Figure.EVENT_RECALL not in figures
    assert Figure.F1_SHIPPED not in figures
    assert Figure.F1 in figures


def test_nab_takes_the_alarms_of_a_detector_that_raises_them():
    """The score stays high for the rest of the file; there is one alarm."""
    score = np.zeros(1_000)
    score[600:] = 5.0
    trust = np.zeros((1_000, 1))
    trust[600] = 0.4
    with_alarms = measure("nab", recording("a/b"), "d", 0, Verdict(score, trust, score > 1))
    without = measure("nab", recording("a/b"), "d", 0, Verdict(score))
    assert figures_of("nab", [with_alarms])[Figure.NAB_STANDARD] == pytest.approx(100.0)
    assert figures_of("nab", [with_alarms])[Figure.NAB_STANDARD_SHIPPED] == pytest.approx(100.0)
    assert figures_of("nab", [without])[Figure.NAB_STANDARD] < 90.0


def test_nab_passes_over_alarms_that_are_trusted_less_where_that_pays():
    score, trust = np.zeros(1_000), np.zeros((1_000, 1))
    trust[600], trust[900] = 0.4, 0.3  # the second one is false
    found = measure("nab", recording("a/b"), "d", 0, Verdict(score, trust, score > 1))
    figures = figures_of("nab", [found])
    assert figures[Figure.NAB_STANDARD] == pytest.approx(100.0)
    assert figures[Figure.NAB_STANDARD_SHIPPED] < 100.0


@pytest.mark.parametrize("data_set", ["nab", "skab", "ucr"])
def test_what_cannot_be_told_from_series_without_events_is_left_out(data_set):
    quiet = result(data_set, series=recording("a/quiet", events=()), alarms=[300])
    assert set(figures_of(data_set, [quiet])) == {
        Figure.FALSE_PER_10K_ROWS,
        Figure.FALSE_PER_STREAM_WEEK,
    }


def test_seeds_become_mean_and_spread():
    results = [result(seed=seed, peak=peak) for seed, peak in ((0, 605), (1, 300))]
    over = summarise(results).get("ucr", "streamrnn", Figure.TOP_1)
    assert over is not None
    assert (over.mean, over.least) == (0.5, 0.0)
    assert over.sd == pytest.approx(np.std([1.0, 0.0], ddof=1))


def test_the_mean_of_the_six_sets_needs_all_six():
    six = [result(data_set) for data_set in SIX_SETS]
    mean = summarise(six).get(MEAN_OF_SIX, "streamrnn", Figure.VUS_PR)
    assert mean is not None
    assert mean.mean == pytest.approx(result().vus_pr)
    assert summarise(six[1:]).get(MEAN_OF_SIX, "streamrnn", Figure.VUS_PR) is None


def test_json_names_set_detector_and_figure_and_holds_no_nan():
    results = [result(alarms=[610]), result(series=recording("quiet", events=()), alarms=[])]
    tree = to_json(summarise(results), results)
    assert tree["figures"]["ucr"]["streamrnn"]["event_recall"]["values"] == [1.0]
    assert tree["series"][0]["detected"] == 1
    assert tree["series"][1]["vus_pr"] is None
