import pytest

from streamrnn.evaluate.detectors import OURS
from streamrnn.evaluate.figures import Figures, OverSeeds
from streamrnn.evaluate.goals import goal_table
from streamrnn.evaluate.protocol import Figure


def rows_of(**figures):
    """figures: `set__figure`, of our detector."""
    named = {}
    for name, values in figures.items():
        data_set, _, figure = name.partition("__")
        named[data_set, OURS, Figure[figure]] = OverSeeds(values)
    return goal_table(Figures(named)).rows


def test_a_goal_is_met_by_the_mean_over_seeds():
    assert rows_of(ucr__TOP_1=(0.79, 0.81)) == [("UCR top-1", "0.800", "0.800", "0.790", "yes")]
    assert rows_of(ucr__TOP_1=(0.79, 0.80))[0][-1] == "no"


@pytest.mark.parametrize(("values", "met"), [((75.0, 80.0), "yes"), ((74.9, 81.0), "no")])
def test_no_seed_may_fall_below_the_worst_that_is_allowed(values, met):
    (row,) = rows_of(nab__NAB_STANDARD=values)
    assert row[1] == "77.5, no seed below 75.0"
    assert row[-1] == met


@pytest.mark.parametrize(
    ("recall", "false", "met"), [(0.8, 2.0, "yes"), (0.79, 0.1, "no"), (1.0, 2.1, "no")]
)
def test_events_must_be_found_at_few_false_alarms(recall, false, met):
    (row,) = rows_of(wsn__EVENT_RECALL=(recall,), wsn__FALSE_PER_10K_ROWS=(false,))
    assert row[-1] == met


def test_every_baseline_must_be_beaten_and_the_best_is_named():
    figures = Figures(
        {
            ("batadal", OURS, Figure.VUS_PR): OverSeeds((0.71,)),
            ("batadal", "ewz", Figure.VUS_PR): OverSeeds((0.72,)),
            ("batadal", "ar", Figure.VUS_PR): OverSeeds((0.6,)),
        }
    )
    rows = goal_table(figures).rows
    assert [row[-1] for row in rows] == ["yes", "no"]
    assert rows[1][1] == "0.720 (EW z-score)"


def test_without_our_own_detector_there_are_no_goals():
    figures = Figures({("ucr", "ewz", Figure.VUS_PR): OverSeeds((0.9,))})
    assert goal_table(figures).rows == []
