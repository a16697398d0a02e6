import numpy as np
import pytest

from streamrnn.errors import InputError
from streamrnn.evaluate.detectors import choose
from streamrnn.evaluate.run import Pass, passes, run, run_pass
from tests.evaluate.labelled_sets import write_skab, write_ucr


def test_what_is_random_runs_once_per_seed_and_the_rest_once():
    todo = passes({"ucr": ["a", "b"]}, choose(["random", "ewz"]), seeds=2)
    assert todo == [
        *(Pass("ucr", "a", "random", 0), Pass("ucr", "a", "random", 1)),
        *(Pass("ucr", "a", "ewz", 0),),
        *(Pass("ucr", "b", "random", 0), Pass("ucr", "b", "random", 1)),
        *(Pass("ucr", "b", "ewz", 0),),
    ]


def test_runs_that_begin_later_see_other_rows_with_each_seed():
    todo = passes({"ucr": ["a"]}, choose(["ewz"]), seeds=3, begin_later=True)
    assert [(one.seed, one.cut) for one in todo] == [(0, 0), (1, 1), (2, 2)]


def test_rows_that_are_left_out_are_not_learned_from(tmp_path):
    write_skab(tmp_path)
    whole, later = (run_pass(tmp_path, Pass("skab", "valve", "ewz", 0, cut)) for cut in (0, 5))
    assert whole.rows is not None
    assert later.rows is not None
    assert len(later.rows.score) == len(whole.rows.score)
    assert not np.array_equal(later.rows.score, whole.rows.score)


def test_the_sets_of_few_long_series_come_first():
    todo = passes({"ucr": ["a"], "gecco": ["b"]}, choose(["ewz"]), seeds=1)
    assert [one.data_set for one in todo] == ["gecco", "ucr"]


def test_processes_give_the_results_of_one_pass_after_the_other(tmp_path):
    write_skab(tmp_path)
    write_ucr(tmp_path)
    todo = [Pass("ucr", "001_heart", name, 0) for name in ("random", "persistence")]
    todo.append(Pass("skab", "valve", "ewz", 0))
    done = []
    results = run(tmp_path, todo, processes=2, done=lambda: done.append(1))
    expected = [run_pass(tmp_path, one) for one in todo]
    assert [each.vus_pr for each in results] == [each.vus_pr for each in expected]
    assert [each.detector for each in results] == [one.detector for one in todo]
    assert len(done) == 3


def test_a_file_that_cannot_be_read_ends_the_run_with_its_name(tmp_path):
    write_ucr(tmp_path)
    with pytest.raises(InputError, match="missing"):
        run(tmp_path, [Pass("ucr", "missing", "ewz", 0)], processes=1, done=lambda: None)
