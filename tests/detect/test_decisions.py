from __future__ import annotations

import numpy as np
from numpy.testing import assert_array_equal

from streamrnn.detect import layout
from streamrnn.detect.decisions import decisions_in, status_in
from streamrnn.detect.recipe import FINE
from streamrnn.detect.table import (
    ACCEPTED,
    COLUMNS,
    KIND,
    LOWER_OUT,
    OUTCOME,
    SCORE_OUT,
    TRUST,
    UPPER_OUT,
    YHAT_OUT,
)
from streamrnn.records import Kind, Outcome


def table() -> np.ndarray:
    found = np.zeros((2, COLUMNS))
    found[:, OUTCOME] = Outcome.NORMAL, Outcome.ANOMALY
    found[:, SCORE_OUT] = 0.25, 1.5
    found[:, KIND] = Kind.NONE, Kind.SPIKE
    found[:, TRUST] = 0.0, 1.0
    found[:, ACCEPTED] = 1.0, 0.0
    found[:, YHAT_OUT] = np.nan, 2.0
    found[:, LOWER_OUT] = np.nan, 1.0
    found[:, UPPER_OUT] = np.nan, 3.0
    return found


def test_a_column_of_the_table_is_the_column_of_that_name() -> None:
    d = decisions_in(table())
    assert d.outcome.tolist() == [Outcome.NORMAL, Outcome.ANOMALY]
    assert d.score.tolist() == [0.25, 1.5]
    assert d.kind.tolist() == [Kind.NONE, Kind.SPIKE]
    assert d.trust.tolist() == [0.0, 1.0]
    assert d.alarm.tolist() == [False, True]
    assert d.accepted.tolist() == [True, False]
    assert_array_equal([d.yhat, d.yhat_lower, d.yhat_upper], [[np.nan, x] for x in (2.0, 1.0, 3.0)])


def test_decisions_outlive_the_table_that_they_come_from() -> None:
    from_table = table()
    d = decisions_in(from_table)
    from_table[:] = -1.0
    for column, wanted in zip(d, decisions_in(table()), strict=True):
        assert_array_equal(column, wanted)


def numbers(readings: float = 100.0, **fields: float) -> np.ndarray:
    row = np.zeros(layout.NUMBERS)
    row[layout.READINGS] = readings
    for name, value in fields.items():
        row[getattr(layout, name)] = value
    return row


def test_the_skill_ratio_is_the_networks_error_over_that_of_persistence() -> None:
    row = numbers(NETWORK_ERROR=0.3, PERSISTENCE_ERROR=0.4)
    row[layout.channel(FINE) + layout.SCORED] = 20.0
    assert status_in(row[None], 50).skill_ratio[0] == 0.3 / 0.4


def test_what_cannot_be_known_yet_is_nan() -> None:
    unscored = numbers(NETWORK_ERROR=0.3, PERSISTENCE_ERROR=0.4)
    constant = numbers(INTERVAL=5.0)
    constant[layout.channel(FINE) + layout.SCORED] = 20.0
    status = status_in(np.stack([unscored, constant]), 50)
    assert np.isnan(status.skill_ratio).all()
    assert_array_equal(status.interval, [np.nan, 5.0])


def test_what_is_left_of_the_warm_up_never_falls_below_none() -> None:
    rows = np.stack([numbers(0.0), numbers(20.0), numbers(80.0)])
    assert status_in(rows, 50).warm_up_left.tolist() == [50, 30, 0]


def test_the_status_of_some_streams_is_theirs_in_the_order_asked_for() -> None:
    status = status_in(np.stack([numbers(float(k)) for k in range(4)]), 0)
    assert status.of(np.array([3, 1])).readings.tolist() == [3, 1]
