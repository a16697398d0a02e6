import io
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.testing import assert_array_equal

from streamrnn.config import Config
from streamrnn.records import Outcome
from streamrnn.replay import Player, Recording, ScoreFile
from tests.replay.tables import START, plant


def test_every_reading_is_a_line_with_its_decision():
    table = plant()
    player = Player(Config())
    values = table[["power"]].to_numpy()
    recording = Recording(Path("a.csv"), ["a"], table["ts"].to_numpy(np.float64), values, [])
    (step,) = player.play([recording])
    out = io.StringIO()
    ScoreFile(out).write(player.names, step)
    out.seek(0)
    scores = pd.read_csv(out)
    assert scores["time"][0] == "2023-11-14T22:13:20.000000Z"
    assert set(scores["stream"]) == {"a"}
    assert_array_equal(scores["value"], values[:, 0])
    assert_array_equal(scores["yhat"], step.decisions.yhat)
    assert_array_equal(scores["score"], step.decisions.score)
    outcomes = [Outcome(outcome).name.lower() for outcome in step.decisions.outcome]
    assert list(scores["outcome"]) == outcomes
    assert_array_equal(scores["alarm"].astype(bool), step.decisions.alarm)
    assert_array_equal(scores["trust"] > 0.0, step.decisions.alarm)
    assert len(scores) == len(table)


def test_times_are_exact_to_the_microsecond():
    recording = Recording(Path("a"), ["a"], np.array([START + 0.1]), np.array([[1.0]]), [])
    player = Player(Config())
    (step,) = player.play([recording])
    out = io.StringIO()
    ScoreFile(out).write(player.names, step)
    assert "\n2023-11-14T22:13:20.100000Z,a,1.0,,,," in out.getvalue()
